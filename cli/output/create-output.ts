import type { Output } from './output.ts';
import { asUnwritable, type Sink } from './sink.ts';
import { visibleLines } from './visible.ts';

export interface OutputOptions {
  stdout: Sink;
  stderr: Sink;
  env: Readonly<Record<string, string | undefined>>;
  quiet: boolean;
  /** Under `--json` stderr too holds JSON alone: no words by the way, warnings as `{"warning": …}`. */
  json: boolean;
  verbose: boolean;
  /** `--color`. */
  color: 'auto' | 'always' | 'never';
}

/** The output of one run of px; `flush` resolves when all is written, and rejects on a broken pipe. */
export interface FlushableOutput extends Output {
  /** An error, on stderr whatever the flags; `<px> ` is red where colours are. */
  error(text: string): void;
  /** Text on stdout as it stands, such as help. */
  text(text: string): void;
  flush(): Promise<void>;
}

const ERASE_LINE = '\r\u001b[K';

/** 80 columns where neither the terminal nor COLUMNS says otherwise, as everywhere. */
const DEFAULT_COLUMNS = 80;

const columnsOf = (options: OutputOptions): number => {
  const { COLUMNS } = options.env;
  const named = /^[1-9]\d{0,4}$/.test(COLUMNS ?? '') ? Number(COLUMNS) : undefined;
  return named ?? options.stdout.columns ?? options.stderr.columns ?? DEFAULT_COLUMNS;
};

const wantsColor = (options: OutputOptions, tty: boolean): boolean => {
  if (options.color !== 'auto') return options.color === 'always';
  const { NO_COLOR, TERM } = options.env;
  // https://no-color.org: present and not empty, whatever its value.
  return tty && (NO_COLOR === undefined || NO_COLOR === '') && TERM !== 'dumb';
};

/** px's words on stderr, and the bar that stands below them on a terminal. */
const createScreen = (options: OutputOptions, write: (bytes: Uint8Array) => Promise<void>) => {
  const encoder = new TextEncoder();
  // A stderr that nobody reads is no reason to stop.
  let said: Promise<void> = Promise.resolve();
  let hasBar = false;
  const barless = (text: string): Uint8Array => {
    const erase = hasBar ? ERASE_LINE : '';
    hasBar = false;
    return encoder.encode(`${erase}${text}`);
  };
  return {
    words: (text: string, prefix = '<px>'): void => {
      if (options.json) {
        said = write(encoder.encode(`${JSON.stringify({ warning: text })}\n`)).catch(() => {});
        return;
      }
      const lines = visibleLines(text).map((line) => `${prefix} ${line}\n`);
      said = write(barless(lines.join(''))).catch(() => {});
    },
    bar: async (text: string): Promise<void> => {
      if (!options.stderr.isTTY || options.json) return;
      const bytes = barless(text.slice(0, Math.max(0, columnsOf(options) - 1)));
      hasBar = text !== '';
      if (bytes.length > 0) await write(bytes);
    },
    flush: async (): Promise<void> => {
      if (hasBar) said = write(barless('')).catch(() => {});
      await said;
    },
  };
};

const writeTo =
  (sink: Sink, name: 'stdout' | 'stderr') =>
  (bytes: Uint8Array): Promise<void> =>
    sink.write(bytes).catch((error: unknown) => {
      throw asUnwritable(name, error);
    });

type Rows = readonly (readonly string[])[];

/** -q leaves what a script would go on with: the first column, without its head. */
const tableLines = async (
  options: OutputOptions,
  head: readonly string[],
  rows: Rows,
  spare: readonly string[],
): Promise<string[]> => {
  const { renderTable } = await import('./table.ts');
  const { stdout, quiet } = options;
  if (quiet) {
    const first = rows.map((row) => row.slice(0, 1));
    return renderTable([], first, { columns: null, bold: false }).slice(1);
  }
  const columns = stdout.isTTY ? columnsOf(options) : null;
  return renderTable(head, rows, { columns, bold: wantsColor(options, stdout.isTTY), spare });
};

/** The implementation of Output over two sinks. */
export const createOutput = (options: OutputOptions): FlushableOutput => {
  const encoder = new TextEncoder();
  const { stdout, stderr, quiet, json, verbose } = options;
  const red = wantsColor(options, stderr.isTTY);
  const toStdout = writeTo(stdout, 'stdout');
  const toStderr = writeTo(stderr, 'stderr');
  // What was printed without waiting for it, in order; kept until flush tells whether it arrived.
  let printed: Promise<void> = Promise.resolve();
  let failure: unknown = null;
  let waiting = 0;

  const enqueue = (work: () => Promise<void>): void => {
    waiting += 1;
    printed = printed.then(work).catch((error: unknown) => {
      failure ??= error;
    });
    void printed.then(() => {
      waiting -= 1;
    });
  };

  const screen = createScreen(options, toStderr);
  const { words } = screen;
  const print = (text: string): void => enqueue(() => toStdout(encoder.encode(text)));

  return {
    stdoutTty: stdout.isTTY,
    quiet,
    stderrTty: stderr.isTTY,
    stdoutFile: stdout.isFile === true,
    get columns() {
      return columnsOf(options);
    },
    write: async (stream, bytes) => {
      if (stream === 2) return toStderr(bytes);
      if (waiting > 0) await printed;
      return toStdout(bytes);
    },
    bar: screen.bar,
    say: (text) => {
      if (!quiet && !json) words(text);
    },
    detail: (text) => {
      if (verbose && !json) words(text);
    },
    warn: (text) => words(text),
    error: (text) => words(text, red ? '\u001b[31m<px>\u001b[39m' : '<px>'),
    text: print,
    json: (value) => print(`${JSON.stringify(value)}\n`),
    table: (head, rows, spare = []) => {
      enqueue(async () => {
        const lines = await tableLines(options, head, rows, spare);
        await toStdout(encoder.encode(lines.map((line) => `${line}\n`).join('')));
      });
    },
    flush: async () => {
      await printed;
      await screen.flush();
      if (failure !== null) throw failure;
    },
  };
};
