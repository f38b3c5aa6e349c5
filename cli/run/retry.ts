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
  /** Told of failures in a row, for people: of each kind once. */
  onTrouble?: (error: unknown) => void;
}

/** Calls until it works or fails for good; ends with the signal's reason when that aborts. */
export const untilItWorks = async <T>(work: () => Promise<T>, patience: Patience): Promise<T> => {
  const told = new Set<string>();
  for (let failures = 0; ; failures += 1) {
    patience.signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!heals(error)) throw error;
      // One failure is a hiccup; a second one is worth a word.
      const kind = error instanceof PxError ? error.code : '';
      if (failures > 0 && !told.has(kind)) patience.onTrouble?.(error);
      if (failures > 0) told.add(kind);
    }
    await patience.sleep(backoffMs(failures), patience.signal);
  }
};
