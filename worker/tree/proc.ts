import { readdirSync, readFileSync } from 'node:fs';
import { type ProcessStat, parseStat } from './parse-stat.ts';

const read = (path: string): Buffer | null => {
  try {
    return readFileSync(path);
  } catch {
    // It is gone, or it is somebody else's.
    return null;
  }
};

/** The pids of all processes of this machine that can be seen. */
export const allPids = (): number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);

export const readStat = (pid: number): ProcessStat | null => {
  const bytes = read(`/proc/${pid}/stat`);
  return bytes === null ? null : parseStat(bytes.toString('latin1'));
};

/**
 * The value of a variable in the environment that a process was started with; null where it has
 * none or cannot be read. A zombie has none any more.
 */
export const variableOf = (pid: number, name: string): string | null => {
  const bytes = read(`/proc/${pid}/environ`);
  if (bytes === null) return null;
  const text = bytes.toString('latin1');
  const key = `${name}=`;
  const at = text.startsWith(key) ? 0 : text.indexOf(`\0${key}`) + 1;
  if (at === 0 && !text.startsWith(key)) return null;
  const end = text.indexOf('\0', at);
  return text.slice(at + key.length, end === -1 ? undefined : end);
};
