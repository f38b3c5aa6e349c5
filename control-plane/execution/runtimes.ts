/** The last attempts that the mean is over: it follows an input that gets harder. */
const WINDOW = 64;

/** Mean runtimes of the attempts of jobs. In memory: after a restart they are unknown for a moment. */
export class Runtimes {
  readonly #means = new Map<string, { count: number; meanMs: number }>();

  add(jobId: string, runtimeMs: number): void {
    const known = this.#means.get(jobId) ?? { count: 0, meanMs: 0 };
    const count = Math.min(known.count + 1, WINDOW);
    const meanMs = known.meanMs + (runtimeMs - known.meanMs) / count;
    this.#means.set(jobId, { count, meanMs });
  }

  /** Null while unknown. */
  meanOf(jobId: string): number | null {
    return this.#means.get(jobId)?.meanMs ?? null;
  }

  forget(jobId: string): void {
    this.#means.delete(jobId);
  }
}
