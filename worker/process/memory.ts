import { readFileSync } from 'node:fs';
import type { Clock } from '../clock.ts';

const read = (path: string): string => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
};

const counterIn = (text: string): number | null => {
  const found = /^oom_kill (\d+)$/m.exec(text)?.[1];
  return found === undefined ? null : Number(found);
};

/** 100 ms: so late a look before a start takes the kill of another process for one of its own. */
const RECENT_MS = 100;

/** How often the kernel has killed for memory. Only a growing number says something. */
export interface KillCounter {
  /** As it was a moment ago: reading it for each short invocation would cost as much as that. */
  recent(): number;
  now(): number;
}

/** The worker's own cgroup tells it (v2), else the whole machine. */
export const createKillCounter = (clock: Pick<Clock, 'precise'>): KillCounter => {
  const group = /^0::(.*)$/m.exec(read('/proc/self/cgroup'))?.[1] ?? '';
  const own = `/sys/fs/cgroup${group === '/' ? '' : group}/memory.events`;
  const path = counterIn(read(own)) === null ? '/proc/vmstat' : own;
  const now = (): number => counterIn(read(path)) ?? 0;
  let seen = { at: Number.NEGATIVE_INFINITY, kills: 0 };
  return {
    recent: () => {
      const at = clock.precise();
      if (at - seen.at > RECENT_MS) seen = { at, kills: now() };
      return seen.kills;
    },
    now,
  };
};
