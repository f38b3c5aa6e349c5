/** 12 MiB of output that is not acknowledged stop one attempt's pipes: one report, and the next. */
export const ATTEMPT_SPOOL_BYTES = 12 << 20;

/** 48 MiB over all attempts, so that the worker stays below 150 MB with everything else it holds. */
const TOTAL_SPOOL_BYTES = 48 << 20;

/** Counts the output that all attempts hold together. */
export class Budget {
  #bytes = 0;

  get full(): boolean {
    return this.#bytes >= TOTAL_SPOOL_BYTES;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }
}
