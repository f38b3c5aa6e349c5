import { MARKER } from '../process/environment.ts';
import { allPids, variableOf } from './proc.ts';
import { processes } from './processes.ts';

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

/** Whether a process group has a member that is not a zombie; one that came after the look has. */
export const groupLives = (group: number): boolean =>
  send(-group, 0) && processes().groups.get(group) !== false;
