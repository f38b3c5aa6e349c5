import { PxError } from '../../protocol/errors.ts';
import { closeLedger, settleBill } from '../costs/ledger.ts';
import type { Deps } from '../deps.ts';
import type { OnBill, Provider, ProviderRef } from '../providers/provider.ts';
import type { ClusterRow } from '../store/clusters.ts';
import { type NodeRow, updateNode } from '../store/nodes.ts';
import { siteOf } from './site.ts';

/** One that only its owner can mend is not tried again. */
const isForGood = ({ incarnation }: NodeRow, { promises }: Provider, cause: unknown): boolean =>
  cause instanceof PxError && promises.refusesForGood && incarnation === 0;

/**
 * What is there of a machine that is not tried again goes: nobody would tend it, and it costs. Returns why
 * it could not, if so.
 */
const leaveNothing = async (
  { db, clock, fleet, providers }: Deps,
  cluster: ClusterRow,
  node: NodeRow,
): Promise<string | null> => {
  const provider = providers.get(cluster.spec.provider);
  // The user's own costs nothing, and most have nothing of px yet.
  if (provider.promises.mayBeLeft) return null;
  const of = { clusterId: cluster.id, nodeId: node.id };
  const ref = node.providerRef as ProviderRef | null;
  const onBill: OnBill = (bill) => settleBill(db, of, bill);
  try {
    await provider.destroy(node.id, ref, siteOf(fleet, cluster, node), onBill);
    closeLedger(db, of, clock.now());
    updateNode(db, node.id, { providerRef: null });
    return null;
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
};

/** What was refused stands at the node, and for good only once nothing is left of it. */
export const recordRefusal = async (
  deps: Deps,
  cluster: ClusterRow,
  node: NodeRow,
  { cause, isOver }: { cause: unknown; isOver: boolean },
): Promise<void> => {
  const { db } = deps;
  const words = cause instanceof Error ? cause.message : String(cause);
  deps.log.child('clusters').warn('A node was not made.', { node: node.id, problem: words });
  // What nobody waits for any more is no problem of the node's.
  if (isOver) return;
  const { code: problemCode = null, hint: problemHint = null } =
    cause instanceof PxError ? cause : {};
  const provider = deps.providers.get(cluster.spec.provider);
  if (!isForGood(node, provider, cause)) {
    updateNode(db, node.id, { problem: words, problemCode, problemHint });
    return;
  }
  updateNode(db, node.id, { joinHash: null });
  const left = await leaveNothing(deps, cluster, node);
  const problem = left === null ? words : `${words}\nIts machine may still be there: ${left}`;
  updateNode(db, node.id, { state: 'lost', problem, problemCode, problemHint });
};
