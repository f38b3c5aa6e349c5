/** One line of the table: what px took, what a rival took for the same work, in the same run. */
export interface Row {
  case: string;
  /** `px`, or the rival's command in short. */
  what: string;
  /** Median wall time in milliseconds; null where it could not run. */
  ms: number | null;
  /** px's time by this rival's; null on px's own row. */
  ratio: number | null;
  /** What the project wants of the ratio or the figure, in words. */
  goal: string;
  /** More figures (memory, rates), or why a row is empty. */
  note: string;
}

/** A case of the bench: one file. */
export interface Case {
  name: string;
  run(bench: Bench): Promise<Row[]>;
}

/** What a case may use. */
export interface Bench {
  /** A smaller size, to keep the bench alive in CI; nothing is judged there. */
  quick: boolean;
  /** Times that each command is run; the median counts. */
  rounds: number;
  /** Folder for CPU profiles of simulated control planes (`--profile`). */
  profile: string | null;
  /** An empty folder that goes when the bench ends. */
  folder(name: string): Promise<string>;
  /** Absolute path of the launcher of px, built from this checkout as npm installs it. */
  px: string;
  /** Environment with a PX_HOME of the bench's own. */
  env: Record<string, string>;
  run(command: readonly string[], options: RunOptions): Promise<Run>;
  /** Median of `rounds` runs; `prepare` runs before each, untimed. */
  median(
    command: readonly string[],
    options: RunOptions & { prepare?: () => Promise<void> },
  ): Promise<number>;
  /** Whether a rival's program is on the PATH. */
  has(program: string): Promise<boolean>;
  /** Peak resident memory (bytes) by role, of the processes of this PX_HOME, since the last call. */
  peaks(): Promise<Record<string, number>>;
}

export interface RunOptions {
  cwd?: string;
  /** File for stdin; /dev/null without. */
  stdin?: string;
  /** File for stdout; dropped without. */
  stdout?: string;
  /** Statuses that are fine beside 0. */
  allow?: readonly number[];
}

export interface Run {
  ms: number;
  status: number;
  stdout: string;
  stderr: string;
}
