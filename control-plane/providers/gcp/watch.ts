import type { Described } from '../provider.ts';
import type { Compute } from './compute.ts';
import { LABELS, type Listed, listMachines, type Machine } from './machines.ts';

/** Five seconds: the cloud is asked only while something looks wrong. */
const LOOK_EVERY_MS = 5000;

/** Looks at all machines of this control plane in a project, at most every few seconds. */
export const createWatch = (controlPlane: () => string) => {
  const looks = new Map<string, { at: number; listed: Promise<Listed> }>();
  return (compute: Compute, project: string): Promise<Listed> => {
    const now = compute.clock.monotonic();
    const known = looks.get(project);
    if (known !== undefined && now - known.at < LOOK_EVERY_MS) return known.listed;
    const listed = listMachines(compute, project, { [LABELS.controlPlane]: controlPlane() });
    looks.set(project, { at: now, listed });
    // A failure counts as a look, too: the next one comes when its time has come.
    listed.catch(() => undefined);
    return listed;
  };
};

const GONE_WORDS: Record<string, string> = {
  STOPPING: 'is being stopped',
  STOPPED: 'was stopped',
  SUSPENDING: 'is being suspended',
  SUSPENDED: 'was suspended',
  TERMINATED: 'was stopped',
  DEPROVISIONING: 'is being deleted',
};

/** What the list says of a machine; null where its zone could not be asked. */
export const stateIn = (
  { machines, unreachable }: Listed,
  { id, zone, name, spot }: Pick<Machine, 'id' | 'zone' | 'name' | 'spot'>,
): Described | null => {
  const found = machines.find((machine) => machine.id === id);
  if (found === undefined && unreachable.includes(zone)) return null;
  const why = spot ? ' Spot machines may be taken back at any time.' : '';
  if (found === undefined) {
    return { state: 'gone', problem: `The cloud has deleted ${name}.${why}`, isTakenBack: spot };
  }
  const words = GONE_WORDS[found.status];
  if (words === undefined) return { state: 'running', problem: null };
  return { state: 'gone', problem: `${name} ${words} (${found.status}).${why}`, isTakenBack: spot };
};
