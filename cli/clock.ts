import { setTimeout as delay } from 'node:timers/promises';

/** The clocks of the CLI; everything else gets them passed in. */
export const systemClock = {
  /** Milliseconds, monotonic. */
  clock: (): number => performance.now(),
  /** Milliseconds since 1970. */
  now: (): number => Date.now(),
  sleep: (ms: number, signal?: AbortSignal): Promise<void> =>
    delay(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {}),
};
