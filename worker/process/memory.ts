import { readFileSync } from 'node:fs';

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

/**
 * How often the kernel has killed for memory: the worker's own cgroup tells it (v2), else the whole
 * machine. Only a growing number says something.
 */
export const createKillCounter = (): (() => number) => {
  const group = /^0::(.*)$/m.exec(read('/proc/self/cgroup'))?.[1] ?? '';
  const own = `/sys/fs/cgroup${group === '/' ? '' : group}/memory.events`;
  const path = counterIn(read(own)) === null ? '/proc/vmstat' : own;
  return () => counterIn(read(path)) ?? 0;
};
