import { PxError } from '../../../protocol/errors.ts';
import type { Stray } from '../../../protocol/messages/strays.ts';
import type { Account, KnownNode, StrayKeeper } from '../provider.ts';
import type { Context } from './context.ts';
import { closeFirewall } from './firewall.ts';
import { deleteMachine, LABELS, type Listed, listMachines, type Machine } from './machines.ts';
import { refused } from './refusal.ts';
import type { Session } from './session.ts';
import { machineName } from './shape.ts';

/** Labels are anybody's: only what a control plane may have written names a rule. */
const CONTROL_PLANE = /^[0-9a-f]{16}$/;

const listLabelled = ({ compute, project }: Session): Promise<Listed> =>
  listMachines(compute, project, { [LABELS.controlPlane]: null });

const strayOf = (context: Context, project: string, machine: Machine): Stray => {
  const controlPlane = machine.labels[LABELS.controlPlane] ?? '';
  return {
    ...{ provider: 'gcp', project, zone: machine.zone, name: machine.name, id: machine.id },
    ...{ instanceType: machine.type, status: machine.status, createdAt: machine.createdAt },
    ...{ cluster: machine.labels[LABELS.cluster] ?? '', controlPlane },
    isOwn: controlPlane === context.controlPlane(),
  };
};

const list = async (
  context: Context,
  { env, project: asked }: Account,
  known: readonly KnownNode[],
) => {
  const session = await context.sessions.get(env, asked);
  const { project } = session;
  const names = new Set(known.map(({ clusterName, nodeId }) => machineName(clusterName, nodeId)));
  try {
    const { machines } = await listLabelled(session);
    // What this process has deleted may be listed for a while.
    const isKnown = ({ id, name }: Stray): boolean => names.has(name) || context.deleted.has(id);
    return machines
      .map((machine) => strayOf(context, project, machine))
      .filter((stray) => !stray.isOwn || !isKnown(stray));
  } catch (error) {
    throw refused(error, project, `Project ${project} cannot be looked at`);
  }
};

/** Its firewall rule goes with the last machine that carries the same label. */
const closeDoorOf = async (session: Session, { controlPlane }: Stray): Promise<void> => {
  if (!CONTROL_PLANE.test(controlPlane)) return;
  const { machines, unreachable } = await listLabelled(session);
  const others = machines.filter(({ labels }) => labels[LABELS.controlPlane] === controlPlane);
  if (others.length > 0 || unreachable.length > 0) return;
  await closeFirewall(session.compute, session.project, `px-${controlPlane}`);
};

const remove = async (context: Context, { env }: Account, stray: Stray): Promise<void> => {
  const session = await context.sessions.get(env, stray.project);
  const { compute, project } = session;
  try {
    const { machines } = await listLabelled(session);
    const machine = machines.find(({ id, name }) => id === stray.id && name === stray.name);
    if (machine === undefined) throw new PxError('not_found', `${stray.name} is gone already.`);
    await deleteMachine(compute, project, machine);
    if (!stray.isOwn || context.launching.count === 0) await closeDoorOf(session, stray);
  } catch (error) {
    throw refused(error, project, `${stray.name} is not deleted`);
  }
};

/** Machines with px's labels that nobody here knows; a person may delete one. */
export const createStrayKeeper = (context: Context): StrayKeeper => ({
  projectOf: async ({ env, project }) => (await context.sessions.get(env, project)).project,
  list: (account, known) => list(context, account, known),
  remove: (account, stray) => remove(context, account, stray),
});
