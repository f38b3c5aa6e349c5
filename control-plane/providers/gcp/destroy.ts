import type { LastBill, NodeSite } from '../provider.ts';
import { billOf } from './bill.ts';
import { type Context, nameOf, planOf, sessionOf, tagOf } from './context.ts';
import { closeFirewall } from './firewall.ts';
import { deleteMachine, LABELS, listMachines } from './machines.ts';
import { refused } from './refusal.ts';

/** Everything of this control plane in the project: by its own label, and nothing else. */
const listOwn = async (context: Context, site: NodeSite) => {
  const { compute, project } = await sessionOf(context, site);
  return listMachines(compute, project, { [LABELS.controlPlane]: context.controlPlane() });
};

const destroyOwn = async (
  context: Context,
  nodeId: string,
  site: NodeSite,
): Promise<LastBill[]> => {
  const { compute, project } = await sessionOf(context, site);
  const name = nameOf(site, nodeId);
  const { machines, unreachable } = await listOwn(context, site);
  // Wherever it stands, and twice if an answer was lost: the label says whose it is, the name which node's.
  const own = machines.filter((machine) => machine.name === name);
  const bills = await Promise.all(
    own.map(async (machine) => {
      const endedAt = await deleteMachine(compute, project, machine);
      const bill = billOf(planOf(site).places, machine);
      return bill === null ? [] : [{ ...bill, endedAt: endedAt ?? context.clock.now() }];
    }),
  );
  for (const { id } of own) context.deleted.add(id);
  if (unreachable.length > 0 && own.length === 0) {
    throw new Error(`Nobody can say whether ${name} stands in ${unreachable.join(', ')}.`);
  }
  return bills.flat();
};

/** The firewall rule goes with the last machine. */
const closeDoor = async (context: Context, site: NodeSite): Promise<void> => {
  if (context.launching.count > 0) return;
  const { machines, unreachable } = await listOwn(context, site);
  if (machines.length > 0 || unreachable.length > 0 || context.launching.count > 0) return;
  const { compute, project } = await sessionOf(context, site);
  await closeFirewall(compute, project, tagOf(context));
};

/** Deletes a node's machine wherever it stands, with its disk and address, and says when it is gone. */
export const destroyNode = async (
  context: Context,
  nodeId: string,
  site: NodeSite,
): Promise<readonly LastBill[]> => {
  await context.machines.forget(nodeId);
  const { project } = await sessionOf(context, site);
  try {
    const bills = await destroyOwn(context, nodeId, site);
    await closeDoor(context, site);
    return bills;
  } catch (error) {
    throw refused(error, project, `${nameOf(site, nodeId)} is not deleted`);
  }
};
