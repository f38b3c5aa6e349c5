import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process that cannot be taken for another one: pids are used again, start times are not. */
export interface ProcessRef {
  pid: number;
  /** Clock ticks after boot at which it started; `ps`'s start time where there is no /proc. */
  startTicks: string;
}

/** Field 22 of /proc/PID/stat, counted behind the name, which may hold blanks and brackets itself. */
const START_TICKS_AT = 19;

const readStat = (pid: number): string[] | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
};

const askPs = (pid: number): string | null => {
  try {
    const words = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    return words === '' || words.startsWith('Z') ? null : words.replace(/^\S+\s+/, '');
  } catch {
    return null;
  }
};

/** Whether this system tells of its processes in /proc. */
export const hasProc = (): boolean => readStat(process.pid) !== null;

const startOf = (pid: number): string | null => {
  if (!hasProc()) return askPs(pid);
  const fields = readStat(pid);
  // A zombie has ended; only its parent has not looked yet.
  if (fields === null || fields[0] === 'Z' || fields[0] === 'X') return null;
  return fields[START_TICKS_AT] ?? null;
};

/** Names a living process; null where there is none of that pid. */
export const identify = (pid: number): ProcessRef | null => {
  const startTicks = startOf(pid);
  return startTicks === null ? null : { pid, startTicks };
};

/** Whether this very process still lives. */
export const isRunning = (ref: ProcessRef): boolean => startOf(ref.pid) === ref.startTicks;

/** Sends a signal to this very process; one that is gone is all right. */
export const send = (ref: ProcessRef, signal: 'SIGTERM' | 'SIGKILL'): void => {
  if (!isRunning(ref)) return;
  try {
    process.kill(ref.pid, signal);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ESRCH')) throw cause;
  }
};
