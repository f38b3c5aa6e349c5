import { transact } from '../db/open.ts';
import type { Deps } from '../deps.ts';
import { freeNode } from '../execution/lose.ts';
import { clusterTopic, nodeTopic, workTopic } from '../notices.ts';
import type { ProviderRef } from '../providers/provider.ts';
import { type ClusterRow, findCluster, setClusterState } from '../store/clusters.ts';
import { findNode, listNodes, type NodeRow, updateNode } from '../store/nodes.ts';
import { once } from './fleet.ts';

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

const destroyNode = async (deps: Deps, cluster: ClusterRow, nodeId: string): Promise<void> => {
  const { db, clock, fleet, notices } = deps;
  // A create that is going on ends first: what it made must be known to be destroyed.
  await fleet.working.get(nodeId)?.catch(() => undefined);
  const node = findNode(db, nodeId);
  if (node === undefined) return;
  try {
    const provider = deps.providers.get(cluster.spec.provider);
    await provider.destroy(nodeId, node.providerRef as ProviderRef | null);
  } catch (cause) {
    updateNode(db, nodeId, { problem: cause instanceof Error ? cause.message : String(cause) });
    throw cause;
  }
  updateNode(db, nodeId, {
    state: 'terminated',
    terminatedAt: clock.now(),
    tokenHash: null,
    joinHash: null,
    problem: null,
  });
  freeNode(deps, nodeId);
  fleet.launches.delete(nodeId);
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
  notices.notify(clusterTopic(cluster.id));
  notices.notify(workTopic(cluster.id));
};

/**
 * Destroys every node of a cluster; resolves when nothing is left. Throws what the provider throws;
 * the cluster then stays `going_down` and the loop goes on with it.
 */
export const takeDown = (deps: Deps, clusterId: string): Promise<void> =>
  once(deps.fleet.takedowns, clusterId, async () => {
    const cluster = findCluster(deps.db, clusterId);
    if (cluster !== undefined && cluster.state !== 'down') await takeDownOnce(deps, cluster);
  });
