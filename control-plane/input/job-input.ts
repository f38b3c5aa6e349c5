import type { Clock } from '../clock.ts';
import type { InputState } from './state.ts';

/** What is held in memory of one job's input while it is open. */
export class JobInput {
  /** Built from the file; null until that has ended. */
  state: InputState | null = null;
  /** Building the state, or making the static cut. */
  work: Promise<void> | null = null;
  /** Monotonic milliseconds of the sender's last sign. */
  seenAt: number | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #grown: (() => void)[] = [];

  /** Runs one piece of work after the other. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(work);
    this.#last = run.catch(() => undefined);
    return run;
  }

  /** Wakes appends that came before the bytes they follow. */
  grew(): void {
    for (const wake of this.#grown.splice(0)) wake();
  }

  /** Resolves when the input has grown, or after `ms`. */
  async growth(clock: Clock, ms: number): Promise<void> {
    const timer = new AbortController();
    await Promise.race([
      new Promise<void>((resolve) => this.#grown.push(resolve)),
      clock.sleep(ms, timer.signal),
    ]);
    timer.abort();
  }
}
