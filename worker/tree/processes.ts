import { MARKER } from '../process/environment.ts';
import { allPids, readStat, variableOf } from './proc.ts';

/** The processes of this machine, as one look at /proc shows them. */
interface Processes {
  /** Whether a group has a member that is not a zombie; a group that was not there has no entry. */
  groups: ReadonlyMap<number, boolean>;
  /** The pids of the processes that carry a marker, by marker. */
  marked: ReadonlyMap<string, readonly number[]>;
}

const look = (): Processes => {
  const groups = new Map<number, boolean>();
  const marked = new Map<string, number[]>();
  for (const pid of allPids()) {
    const stat = readStat(pid);
    if (stat === null) continue;
    groups.set(stat.group, groups.get(stat.group) === true || !stat.isZombie);
    const marker = variableOf(pid, MARKER);
    if (marker === null) continue;
    const pids = marked.get(marker);
    if (pids === undefined) marked.set(marker, [pid]);
    else pids.push(pid);
  }
  return { groups, marked };
};

let shared: Processes | null = null;

/**
 * One look for all who ask in the same turn of the event loop: a cancel asks for each attempt, and
 * with hundreds of them a look for each would take longer than the second in which all has to be gone.
 */
export const processes = (): Processes => {
  if (shared !== null) return shared;
  const found = look();
  shared = found;
  setImmediate(() => {
    shared = null;
  });
  return found;
};
