import type { Clock } from '../clock.ts';
import { findMarked, send } from './marked.ts';

/** 1 s between looks at /proc: reading every environment of a machine costs milliseconds. */
const SWEEP_MS = 1000;
const LOOK_MS = 20;
const GIVE_UP_MS = 10_000;
const NONE: ReadonlySet<string> = new Set();

/** Ends what attempts have left behind in sessions of their own. */
export interface Sweeper {
  /** The attempt's processes are its own affair until `over`. */
  live(marker: string): void;
  /** What still carries the marker has at least a second to end; within two it is killed. */
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
  /** Over since the last look: left alone until the next. */
  let young = new Set<string>();
  let isPlanned = false;

  const killLeftovers = (spared: ReadonlySet<string>): number => {
    const left = findMarked(prefix).filter(({ marker }) => !alive.has(marker));
    for (const { pid, marker } of left) if (!spared.has(marker)) send(pid, 'SIGKILL');
    return left.length;
  };
  const plan = (): void => {
    if (isPlanned) return;
    isPlanned = true;
    clock.after(SWEEP_MS, () => {
      isPlanned = false;
      const spared = young;
      young = new Set();
      if (killLeftovers(spared) > 0) plan();
    });
  };
  return {
    live: (marker) => alive.add(marker),
    over: (marker) => {
      if (!alive.delete(marker)) return;
      young.add(marker);
      plan();
    },
    sweep: async () => {
      const end = clock.precise() + GIVE_UP_MS;
      while (killLeftovers(NONE) > 0 && clock.precise() < end) await clock.sleep(LOOK_MS);
    },
  };
};
