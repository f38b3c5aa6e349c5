/**
 * 20 ms: an invocation that takes longer hides the millisecond that its own process costs, and the
 * separate process is watched from its start.
 */
const SHORT_MS = 20;

/** 8 invocations: on a busy machine some of the shortest take long. */
const MEMORY = 8;

/** 64 directories: each job that runs here has one. */
const MAX = 64;

/** Which jobs have short invocations, by the directory that they run in. */
export class Pace {
  /** Short invocations less long ones, of those that were last. */
  readonly #score = new Map<string, number>();
  readonly #exact = new Set<string>();

  /** Whether most were short. Before the first one has ended nobody knows. */
  isShort(cwd: string): boolean {
    return (this.#score.get(cwd) ?? 0) > 0 && !this.#exact.has(cwd);
  }

  observe(cwd: string, ms: number): void {
    if (this.#score.size >= MAX) {
      this.#score.clear();
      this.#exact.clear();
    }
    const score = (this.#score.get(cwd) ?? 0) + (ms < SHORT_MS ? 1 : -1);
    this.#score.set(cwd, Math.max(0, Math.min(MEMORY, score)));
  }

  /** Processes of its own from now on: only their parent learns how exactly they end. */
  needsExact(cwd: string): void {
    this.#exact.add(cwd);
  }
}
