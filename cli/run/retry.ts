import { type ErrorCode, PxError } from '../../protocol/errors.ts';

/** Failures that heal: the control plane restarts, its disk gets room, the network comes back. */
const HEALING: readonly ErrorCode[] = ['unavailable', 'shutting_down', 'disk_full'];

export const heals = (error: unknown): boolean =>
  error instanceof PxError && HEALING.includes(error.code);

const FIRST_MS = 100;
const MOST_MS = 5000;

/** Milliseconds to wait after so many failures in a row: 100, 200, 400 … 5000. */
export const backoffMs = (failures: number): number => Math.min(MOST_MS, FIRST_MS * 2 ** failures);

export interface Patience {
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  signal: AbortSignal;
  /** Told of the first failure in a row, for people. */
  onTrouble?: (error: unknown) => void;
}

/** Calls until it works or fails for good; ends with the signal's reason when that aborts. */
export const untilItWorks = async <T>(work: () => Promise<T>, patience: Patience): Promise<T> => {
  for (let failures = 0; ; failures += 1) {
    patience.signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!heals(error)) throw error;
      // One failure is a hiccup; a second one is worth a word.
      if (failures === 1) patience.onTrouble?.(error);
    }
    await patience.sleep(backoffMs(failures), patience.signal);
  }
};
