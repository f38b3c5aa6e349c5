import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { closeLedger, settleBill } from '../costs/ledger.ts';
import { transact } from '../db/open.ts';
import type { Deps } from '../deps.ts';
import { freeNode } from '../execution/lose.ts';
import { clusterTopic, nodeTopic, workTopic } from '../notices.ts';
import type { OnBill, ProviderRef } from '../providers/provider.ts';
import { type ClusterRow, findCluster, setClusterState } from '../store/clusters.ts';
import { findNode, listNodes, type NodeRow, updateNode } from '../store/nodes.ts';
import { once } from './fleet.ts';
import { siteOf } from './site.ts';

const isGone = (node: NodeRow): boolean => node.state === 'terminated';

const drain = (deps: Deps, cluster: ClusterRow): NodeRow[] => {
  const { db, notices } = deps;
  const nodes = listNodes(db, cluster.id).filter((node) => !isGone(node));
  transact(db, () => {
    setClusterState(db, cluster.id, 'going_down', null);
    for (const { id } of nodes) updateNode(db, id, { state: 'draining', joinHash: null });
  });
  for (const { id } of nodes) notices.notify(nodeTopic(id));
  notices.notify(clusterTopic(cluster.id));
  notices.notify(workTopic(cluster.id));
  return nodes;
};

/** Leaves nothing of a node: its machine goes, its leases go to others. Throws what the provider throws. */
export const destroyNode = async (
  deps: Deps,
  cluster: ClusterRow,
  nodeId: string,
): Promise<void> => {
  const { db, clock, fleet, notices } = deps;
  // A create that is going on ends first: what it made must be known to be destroyed.
  fleet.unwanted.get(nodeId)?.abort();
  await fleet.working.get(nodeId)?.catch(() => undefined);
  const node = findNode(db, nodeId);
  if (node === undefined) return;
  const provider = deps.providers.get(cluster.spec.provider);
  let left: string | null = null;
  try {
    const ref = node.providerRef as ProviderRef | null;
    const onBill: OnBill = (bill) => settleBill(db, { clusterId: cluster.id, nodeId }, bill);
    await provider.destroy(nodeId, ref, siteOf(fleet, cluster, node), onBill);
  } catch (cause) {
    left = cause instanceof Error ? cause.message : String(cause);
    updateNode(db, nodeId, { problem: left });
    if (!fleet.givenUp.has(cluster.id) || !provider.promises.mayBeLeft) throw cause;
  }
  closeLedger(db, { clusterId: cluster.id, nodeId }, clock.now());
  updateNode(db, nodeId, {
    state: 'terminated',
    terminatedAt: clock.now(),
    tokenHash: null,
    joinHash: null,
    problem: left,
  });
  freeNode(deps, nodeId);
  fleet.launches.delete(nodeId);
  fleet.going.delete(nodeId);
  fleet.own.delete(nodeId);
  notices.notify(clusterTopic(cluster.id));
};

const takeDownOnce = async (deps: Deps, cluster: ClusterRow): Promise<void> => {
  const { db, clock, fleet, notices } = deps;
  const nodes = drain(deps, cluster);
  const ends = await Promise.allSettled(nodes.map(({ id }) => destroyNode(deps, cluster, id)));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  setClusterState(db, cluster.id, 'down', clock.now());
  fleet.busyAt.delete(cluster.id);
  // Host keys that `px cluster ssh` pinned: those of machines that are no more.
  rmSync(join(deps.dataDir, 'ssh-config', `${cluster.name}.known_hosts`), { force: true });
  fleet.givenUp.delete(cluster.id);
  notices.notify(clusterTopic(cluster.id));
  notices.notify(workTopic(cluster.id));
};

/**
 * Destroys every node of a cluster; resolves when nothing is left. Throws what the provider throws;
 * the cluster then stays `going_down` and the loop goes on with it.
 */
export const takeDown = async (deps: Deps, clusterId: string, isForced = false): Promise<void> => {
  const { takedowns, givenUp } = deps.fleet;
  if (isForced) {
    givenUp.add(clusterId);
    // One that began before may have failed for a machine that never answers.
    await takedowns.get(clusterId)?.catch(() => undefined);
  }
  await once(takedowns, clusterId, async () => {
    const cluster = findCluster(deps.db, clusterId);
    if (cluster !== undefined && cluster.state !== 'down') await takeDownOnce(deps, cluster);
  });
};
