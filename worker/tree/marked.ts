import { MARKER } from '../process/environment.ts';
import { allPids, readStat, variableOf } from './proc.ts';

/** A process that carries the marker of an attempt. */
interface Marked {
  pid: number;
  marker: string;
}

/** Every process whose marker begins with `prefix`, itself in the same session or long gone from it. */
export const findMarked = (prefix: string): Marked[] =>
  allPids().flatMap((pid) => {
    const marker = variableOf(pid, MARKER);
    return marker?.startsWith(prefix) === true ? [{ pid, marker }] : [];
  });

/** Sends a signal; false where nothing was there to get it. */
export const send = (pid: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
};

/** Whether a process group has a member that is not a zombie. */
export const groupLives = (group: number): boolean => {
  if (!send(-group, 0)) return false;
  return allPids().some((pid) => {
    const stat = readStat(pid);
    return stat !== null && stat.group === group && !stat.isZombie;
  });
};
