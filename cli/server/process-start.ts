import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Field 22 of /proc/PID/stat, counted behind the name, which may hold blanks itself. */
const START_TICKS_AT = 19;
/** USER_HZ is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

const ageOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [uptime = ''] = readFileSync('/proc/uptime', 'latin1').split(' ');
  return (Number(uptime) - Number(fields[START_TICKS_AT]) / TICKS_PER_SECOND) * 1000;
};

const askPs = (pid: number): number =>
  Date.parse(
    execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );

/**
 * When a process started, in milliseconds since 1970; `ps` tells where there is no /proc. Null where
 * nobody knows.
 *
 * @param now milliseconds since 1970
 */
export const startedAt = (pid: number, now: number): number | null => {
  for (const ask of [() => now - ageOf(pid), () => askPs(pid)]) {
    try {
      const at = ask();
      if (Number.isFinite(at)) return at;
    } catch {
      // There is no such process, or no such way to ask.
    }
  }
  return null;
};
