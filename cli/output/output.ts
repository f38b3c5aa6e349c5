/** The one place that prints. stdout carries data, stderr px's own words. */
export interface Output {
  /** Whether stdout, stderr are terminals. */
  readonly stdoutTty: boolean;
  /** Whether lists are their first column alone, and words are dropped. */
  readonly quiet: boolean;
  readonly stderrTty: boolean;
  /** Whether stdout is a regular file: nobody who reads it makes writes wait. */
  readonly stdoutFile: boolean;
  /** Columns of the terminal, or of COLUMNS, else 80. */
  readonly columns: number;
  /** Raw bytes to stdout or stderr; resolves when they are written (backpressure). */
  write(stream: 1 | 2, bytes: Uint8Array): Promise<void>;
  /**
   * Shows a line at the bottom of stderr's terminal, without its end; empty takes it away, and so do px's
   * words, which begin where it stood. Nothing off a terminal.
   */
  bar(text: string): Promise<void>;
  /** `<px> text` on stderr; dropped under -q and --json. */
  say(text: string): void;
  /** `<px> text` on stderr under -v only, without --json. */
  detail(text: string): void;
  /** `<px> text` on stderr, always; `{"warning": text}` under --json. */
  warn(text: string): void;
  /** One JSON document on stdout (`--json`), or one NDJSON line. */
  json(value: unknown): void;
  /**
   * Rows on stdout: aligned columns on a terminal, tabs elsewhere. Control characters are escaped.
   * `spare`: titles of columns that a narrow terminal does without, the first to go first.
   */
  table(
    head: readonly string[],
    rows: readonly (readonly string[])[],
    spare?: readonly string[],
  ): void;
}
