import { readFileSync } from 'node:fs';
import { isRunning } from '../../control-plane/process-ref.ts';
import type { ServerFile } from './server-file.ts';

/** A zombie has ended; in some containers nobody ever looks at it. Without /proc: no zombie. */
const isZombie = (pid: number): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
};

/**
 * Whether a process of this user has this pid. Somebody else's (EPERM) never wrote a server.json that
 * we can read: the pid is used again, and so may the port be. No token goes there.
 */
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch {
    return false;
  }
};

/**
 * Whether the process that wrote a `server.json` lives: pids are used again, start times are not. By
 * the file of an older px, whether anything of its pid lives.
 */
export const isServing = ({ pid, processStart }: ServerFile): boolean =>
  processStart === null ? isAlive(pid) : isRunning({ pid, startTicks: processStart });
