import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** Time, passed in everywhere. */
export interface Clock {
  /** Milliseconds since 1970, for people. */
  now(): number;
  /** Milliseconds that never go back and count suspend, for deadlines. */
  monotonic(): number;
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The longest delay that a timer takes; a longer one would fire at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, Math.min(ms, TIMER_MAX_MS));
    signal?.addEventListener('abort', end, { once: true });
  });

// Deno's os.uptime() counts whole seconds, /proc/uptime hundredths.
const readUptime = (): number | null => {
  try {
    return Number.parseFloat(readFileSync('/proc/uptime', 'latin1')) * 1000;
  } catch {
    return null;
  }
};

/** The machine's own time. `monotonic` is its uptime, which counts suspend. */
export const createClock = (): Clock => {
  const hasProc = readUptime() !== null;
  return {
    now: () => Date.now(),
    monotonic: () => (hasProc ? readUptime() : null) ?? uptime() * 1000,
    sleep,
  };
};
