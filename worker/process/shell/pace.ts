/**
 * 20 ms: an invocation that takes longer hides the millisecond that its own process costs, and the
 * separate process is watched from its start.
 */
const SHORT_MS = 20;

/** 10 times what its start took: on a busy machine the shortest take as long as their starts do. */
const STARTS = 10;

/**
 * 100 ms: what takes so long in a shell goes back to processes of its own, well behind what brought it
 * there: a machine that is busy now and then does not have a job go to and fro.
 */
const LONG_MS = 100;

/** 8 invocations: on a busy machine some of the shortest take long. */
const MEMORY = 8;

/** 64 directories: each job that runs here has one. */
const MAX = 64;

/** Which jobs have short invocations, by the directory that they run in. */
export class Pace {
  /** Short invocations less long ones, of those that were last. */
  readonly #score = new Map<string, number>();
  readonly #subshells = new Set<string>();
  readonly #exact = new Set<string>();

  /** Whether most were short. Before the first one has ended nobody knows. */
  isShort(cwd: string): boolean {
    return (this.#score.get(cwd) ?? 0) > 0 && !this.#exact.has(cwd);
  }

  /** Whether its commands need no subshells. */
  isDirect(cwd: string): boolean {
    return !this.#subshells.has(cwd);
  }

  /** One took so long in a process of its own, whose start took that long. */
  alone(cwd: string, ms: number, startMs: number): void {
    this.#count(cwd, ms < Math.max(SHORT_MS, STARTS * startMs) ? 1 : -1);
  }

  /** One took so long in a shell. */
  inShell(cwd: string, ms: number): void {
    if (ms < SHORT_MS) this.#count(cwd, 1);
    else if (ms >= LONG_MS) this.#count(cwd, -1);
  }

  /** Subshells from now on: they have told a signal from an exit when nothing else does. */
  needsSubshell(cwd: string): void {
    this.#subshells.add(cwd);
  }

  /** Processes of its own from now on: only their parent learns how exactly they end. */
  needsExact(cwd: string): void {
    this.#exact.add(cwd);
  }

  #count(cwd: string, change: number): void {
    if (this.#score.size >= MAX) {
      this.#score.clear();
      this.#subshells.clear();
      this.#exact.clear();
    }
    const score = (this.#score.get(cwd) ?? 0) + change;
    this.#score.set(cwd, Math.max(0, Math.min(MEMORY, score)));
  }
}
