import type { Clock } from '../clock.ts';
import { findMarked, send } from './marked.ts';

/** 1 s between looks at /proc: reading every environment of a machine costs milliseconds. */
const SWEEP_MS = 1000;
const LOOK_MS = 20;
const GIVE_UP_MS = 10_000;

/** Ends what attempts have left behind in sessions of their own. */
export interface Sweeper {
  /** The attempt's processes are its own affair until `over`. */
  live(marker: string): void;
  /** What still carries the marker is killed within about a second. */
  over(marker: string): void;
  /** Kills now whatever belongs to no live attempt; resolves when it is gone. */
  sweep(): Promise<void>;
}

/** @param prefix how the markers of this worker begin */
export const createSweeper = (
  prefix: string,
  clock: Pick<Clock, 'after' | 'sleep' | 'precise'>,
): Sweeper => {
  const alive = new Set<string>();
  let isPlanned = false;

  const killLeftovers = (): number => {
    const left = findMarked(prefix).filter(({ marker }) => !alive.has(marker));
    for (const { pid } of left) send(pid, 'SIGKILL');
    return left.length;
  };
  const plan = (): void => {
    if (isPlanned) return;
    isPlanned = true;
    clock.after(SWEEP_MS, () => {
      isPlanned = false;
      if (killLeftovers() > 0) plan();
    });
  };
  return {
    live: (marker) => alive.add(marker),
    over: (marker) => {
      if (alive.delete(marker)) plan();
    },
    sweep: async () => {
      const end = clock.precise() + GIVE_UP_MS;
      while (killLeftovers() > 0 && clock.precise() < end) await clock.sleep(LOOK_MS);
    },
  };
};
