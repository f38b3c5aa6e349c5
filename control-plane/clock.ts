import { openSync, readSync } from 'node:fs';
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
const openUptime = (): (() => number) | null => {
  try {
    // Kept open: a lease asks for the time, and opening costs ten times what reading does.
    const file = openSync('/proc/uptime', 'r');
    const buffer = new Uint8Array(64);
    const decoder = new TextDecoder();
    return () => {
      const length = readSync(file, buffer, 0, buffer.length, 0);
      return Number.parseFloat(decoder.decode(buffer.subarray(0, length))) * 1000;
    };
  } catch {
    return null;
  }
};

/** The uptime comes in hundredths of a second: within half of one it is not read again. */
const FRESH_MS = 5;

/** The machine's own time. `monotonic` is its uptime, which counts suspend. */
export const createClock = (): Clock => {
  const readUptime = openUptime();
  let uptimeMs = 0;
  let readAt = Number.NEGATIVE_INFINITY;
  return {
    now: () => Date.now(),
    monotonic: () => {
      const at = performance.now();
      if (at - readAt >= FRESH_MS) {
        uptimeMs = readUptime?.() ?? uptime() * 1000;
        readAt = at;
      }
      return uptimeMs;
    },
    sleep,
  };
};
