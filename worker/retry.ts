import { type ErrorCode, PxError } from '../protocol/errors.ts';
import type { Clock } from './clock.ts';

/** 50 ms: a control plane that restarts is back within a few tries. */
const FIRST_MS = 50;
/** 10 s: a third of a lease, so that a healed connection is found before the lease is lost. */
const LONGEST_MS = 10_000;

/** The wait before the next try: exponential, its upper half random, so that nodes do not march in step. */
export const backoffMs = (failures: number, random: () => number): number => {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 20));
  return whole / 2 + (whole / 2) * random();
};

/** Answers after which no try can succeed. */
const FATAL: readonly ErrorCode[] = ['unauthorized', 'upgrade_required'];

/** Whether the worker as a whole has to end: its token does not count any more, or it is too old. */
export const isFatal = (error: unknown): error is PxError =>
  error instanceof PxError && FATAL.includes(error.code);

/** What is about the control plane or the way to it, not about what was asked. */
const PASSING: readonly ErrorCode[] = [
  'unavailable',
  'disk_full',
  'shutting_down',
  'server_failed',
  'internal',
];

/** Whether the same request may succeed later. */
export const isPassing = (error: unknown): boolean =>
  error instanceof PxError && PASSING.includes(error.code);

interface RetryDeps {
  clock: Pick<Clock, 'sleep'>;
  /** A number in [0, 1). */
  random: () => number;
}

/** Repeats an idempotent call until it succeeds, fails for good, or the signal aborts. */
export const retrying = async <T>(
  deps: RetryDeps,
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<T> => {
  for (let failures = 0; ; failures += 1) {
    try {
      return await call();
    } catch (error) {
      if (signal.aborted || !isPassing(error)) throw error;
      await deps.clock.sleep(backoffMs(failures, deps.random), signal);
      if (signal.aborted) throw error;
    }
  }
};
