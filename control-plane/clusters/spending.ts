import { clusterCost } from '../costs/report.ts';
import type { Deps } from '../deps.ts';
import { clusterTopic, nodeTopic } from '../notices.ts';
import { MAX_COST } from '../scheduler/end.ts';
import type { ClusterRow } from '../store/clusters.ts';
import { countNodeLeases, listNodes, updateNode } from '../store/nodes.ts';
import { cancelAndTakeDown } from './down.ts';
import { decideSpending } from './reconcile.ts';

/** No new leases: what runs may end, and then the cluster goes. */
const drainAll = ({ db, notices }: Deps, cluster: ClusterRow): void => {
  for (const { id, state } of listNodes(db, cluster.id)) {
    if (state !== 'ready') continue;
    updateNode(db, id, { state: 'draining', problem: 'The cluster is near its max_cost.' });
    notices.notify(nodeTopic(id));
  }
  notices.notify(clusterTopic(cluster.id));
};

/**
 * Holds a cluster to its max_cost: near it no new work begins, at it what runs is canceled, and the
 * cluster goes down. Returns whether it went.
 */
export const tendSpending = async (deps: Deps, cluster: ClusterRow): Promise<boolean> => {
  const { maxCostUsd } = cluster.spec;
  if (maxCostUsd === undefined) return false;
  const { db, clock } = deps;
  const spentUsd = clusterCost(db, cluster.id, 0, clock.now());
  const nodes = listNodes(db, cluster.id);
  const leases = nodes.reduce((sum, { id }) => sum + countNodeLeases(db, id), 0);
  const decision = decideSpending({ spentUsd, maxCostUsd, leases });
  if (decision === 'none') return false;
  deps.log.child('clusters').info('A cluster is near its max_cost.', { decision, spentUsd });
  drainAll(deps, cluster);
  if (decision === 'drain') return false;
  const words = `Cluster ${cluster.name} has reached its max_cost of $${maxCostUsd}.`;
  await cancelAndTakeDown(deps, cluster, false, words, MAX_COST);
  return true;
};
