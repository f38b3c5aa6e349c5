import type { Clock } from './clock.ts';

/** Wakes whoever waits. One raised while nobody waits is kept for the next. */
export class Signal {
  #raised = false;
  readonly #waiting = new Set<() => void>();

  raise(): void {
    this.#raised = true;
    for (const wake of this.#waiting) wake();
  }

  /** Resolves at the next `raise`, at once if there was one since the last wait, on abort, or in time. */
  async wait(
    abort: AbortSignal,
    limit?: { clock: Pick<Clock, 'after'>; ms: number },
  ): Promise<void> {
    if (!this.#raised && !abort.aborted) await this.#next(abort, limit);
    this.#raised = false;
  }

  #next(abort: AbortSignal, limit?: { clock: Pick<Clock, 'after'>; ms: number }): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        timer?.cancel();
        abort.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = limit?.clock.after(limit.ms, wake);
      abort.addEventListener('abort', wake, { once: true });
      this.#waiting.add(wake);
    });
  }
}
