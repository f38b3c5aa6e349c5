import { readFileSync } from 'node:fs';

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
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch {
    return false;
  }
};
