import type { Clock } from '../../clock.ts';
import { sourceFailed } from './failure.ts';
import { PassingFailure } from './fetch-once.ts';

const RETRY_BASE_MS = 1000;
/** Azure asks for a minute at most. */
const PAUSE_MAX_MS = 60_000;
/** In a row, without a byte of progress: with the pauses, about half a minute. */
const ATTEMPTS_MAX = 6;

interface RetryOptions {
  clock: Clock;
  random: (count: number) => Uint8Array;
  signal: AbortSignal;
  retryBaseMs?: number;
  attempts?: number;
  onRetry?: (message: string) => void;
}

export interface Retrying {
  /** Waits before the next try, or throws what cannot or need not be tried again. */
  pause(cause: unknown, failures: number, host: string): Promise<void>;
  run<T>(host: string, work: () => Promise<T>): Promise<T>;
}

/** Half of the pause is random, so that many clients don't come back at once. */
const pauseMs = (failures: number, base: number, random: number, asked: number | null): number => {
  const grown = Math.min(PAUSE_MAX_MS, base * 2 ** (failures - 1));
  return Math.max(grown * (0.5 + random / 2), Math.min(asked ?? 0, PAUSE_MAX_MS));
};

export const withRetries = (options: RetryOptions): Retrying => {
  const pause = async (cause: unknown, failures: number, host: string): Promise<void> => {
    if (!(cause instanceof PassingFailure)) throw cause;
    if (failures >= (options.attempts ?? ATTEMPTS_MAX))
      throw sourceFailed(host, cause.message, cause);
    const random = (options.random(1)[0] ?? 0) / 255;
    const base = options.retryBaseMs ?? RETRY_BASE_MS;
    options.onRetry?.(`${host}: ${cause.message}`);
    await options.clock.sleep(pauseMs(failures, base, random, cause.retryAfterMs), options.signal);
    options.signal.throwIfAborted();
  };
  return {
    pause,
    run: async (host, work) => {
      for (let failures = 1; ; failures++) {
        try {
          return await work();
        } catch (cause) {
          await pause(cause, failures, host);
        }
      }
    },
  };
};
