import type { NodeSite, OnBill } from '../provider.ts';
import { billOf } from './bill.ts';
import { type Context, nameOf, planOf, sessionOf, tagOf } from './context.ts';
import { lookSettled } from './doubts.ts';
import { closeFirewall } from './firewall.ts';
import { deleteMachine, LABELS, listMachines, type Machine, unknownIn } from './machines.ts';
import { placeOf } from './network.ts';
import { refused } from './refusal.ts';

const ownLabel = (context: Context) => ({ [LABELS.controlPlane]: context.controlPlane() });

/** Everything of this control plane in the project: by its own label, and nothing else. */
const listOwn = async (context: Context, site: NodeSite) => {
  const { compute, project } = await sessionOf(context, site);
  return listMachines(compute, project, ownLabel(context));
};

/** Deletes a machine; its bill is told before, so that it counts whatever becomes of px meanwhile. */
const destroyMachine = async (
  context: Context,
  site: NodeSite,
  machine: Machine,
  onBill: OnBill | undefined,
): Promise<void> => {
  const { compute, project } = await sessionOf(context, site);
  const bill = billOf(planOf(site).places, machine);
  if (bill !== null) onBill?.(bill);
  const endedAt = (await deleteMachine(compute, project, machine)) ?? context.clock.now();
  if (bill !== null) onBill?.({ ...bill, endedAt });
  context.deleted.add(machine.id);
};

/** A minute: then the cluster's next look goes on. */
const DOUBT_MS = 60_000;

const destroyOwn = async (
  context: Context,
  nodeId: string,
  site: NodeSite,
  onBill: OnBill | undefined,
): Promise<void> => {
  const name = nameOf(site, nodeId);
  const { compute, project } = await sessionOf(context, site);
  const listed = await lookSettled({
    ...{ compute, project, labels: ownLabel(context), doubts: context.doubts },
    nodes: [{ nodeId, isInherited: site.isInherited }],
    isWhole: ({ machines }) => machines.some((machine) => machine.name === name),
    ms: DOUBT_MS,
  });
  // Wherever it stands, and twice if an answer was lost: the label says whose it is, the name which node's.
  const own = listed.machines.filter((machine) => machine.name === name);
  await Promise.all(own.map((machine) => destroyMachine(context, site, machine, onBill)));
  const regions = planOf(site).places.map(({ region }) => region);
  const unknown = unknownIn(regions, listed);
  if (unknown.length > 0 && own.length === 0) {
    throw new Error(
      `Nobody can say whether ${name} stands in ${unknown.join(', ')}: the cloud does not reach it now.`,
    );
  }
};

/** The firewall rule goes with the last machine. */
const closeDoor = async (context: Context, site: NodeSite): Promise<void> => {
  if (context.launching.count > 0) return;
  const { machines, unreachable } = await listOwn(context, site);
  // What was deleted may be listed for a while.
  const others = machines.filter(({ id }) => !context.deleted.has(id));
  if (others.length > 0 || unreachable.length > 0 || context.launching.count > 0) return;
  const { compute, project } = await sessionOf(context, site);
  const door = placeOf(project, planOf(site).network);
  await closeFirewall(compute, door.project, tagOf(context));
};

/** Deletes a node's machine wherever it stands, with its disk and address, and says when it is gone. */
export const destroyNode = async (
  context: Context,
  nodeId: string,
  site: NodeSite,
  onBill: OnBill | undefined,
): Promise<void> => {
  await context.machines.forget(nodeId);
  const { project } = await sessionOf(context, site);
  try {
    await destroyOwn(context, nodeId, site, onBill);
    await closeDoor(context, site);
  } catch (error) {
    throw refused(error, project, `${nameOf(site, nodeId)} is not deleted`);
  }
};
