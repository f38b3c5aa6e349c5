/**
 * 20 ms: an invocation that takes longer hides the millisecond that its own process costs, and the
 * separate process is watched from its start.
 */
export const SHORT_MS = 20;

/** 64 directories: each job that runs here has one. */
const MAX = 64;

/** Which jobs have short invocations, by the directory that they run in. */
export class Pace {
  readonly #isShort = new Map<string, boolean>();
  readonly #exact = new Set<string>();

  /** Whether the last invocation was short. Before the first one has ended nobody knows. */
  isShort(cwd: string): boolean {
    return this.#isShort.get(cwd) === true && !this.#exact.has(cwd);
  }

  observe(cwd: string, ms: number): void {
    if (this.#isShort.size >= MAX) {
      this.#isShort.clear();
      this.#exact.clear();
    }
    this.#isShort.set(cwd, ms < SHORT_MS);
  }

  /** Processes of its own from now on: only their parent learns how exactly they end. */
  needsExact(cwd: string): void {
    this.#exact.add(cwd);
  }
}
