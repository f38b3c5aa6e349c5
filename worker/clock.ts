import { uptime } from 'node:os';

/** A started timer. */
export interface Timer {
  cancel(): void;
}

/** Time, passed in everywhere. */
export interface Clock {
  /** Milliseconds since 1970, for people and for version numbers. */
  now(): number;
  /** Milliseconds that never go back and count suspend, for leases. Resolution 10 ms. */
  monotonic(): number;
  /** Milliseconds of fine resolution that stand still in suspend, for run times. */
  precise(): number;
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back once after `ms`; the process does not stay alive for it. */
  after(ms: number, call: () => void): Timer;
}

/** The machine's own time. `os.uptime()` reads /proc/uptime, which counts suspend. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => Math.round(uptime() * 1000),
  precise: () => performance.now(),
  // By hand: the one of node:timers/promises makes an error with a stack at each abort.
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal?.addEventListener('abort', end, { once: true });
      if (signal?.aborted === true) end();
    }),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
