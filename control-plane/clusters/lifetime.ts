import { closeLedger, settleBill } from '../costs/ledger.ts';
import type { Deps } from '../deps.ts';
import { leaveNode } from '../execution/join.ts';
import { clusterTopic, nodeTopic } from '../notices.ts';
import type { OnBill, ProviderRef } from '../providers/provider.ts';
import { listOpenJobs } from '../store/cluster-jobs.ts';
import type { ClusterRow } from '../store/clusters.ts';
import { countNodeLeases, type NodeRow, updateNode } from '../store/nodes.ts';
import { once } from './fleet.ts';
import { launchAside } from './launch.ts';
import { decideAge } from './reconcile.ts';
import { siteOf } from './site.ts';
import { takeDown } from './take-down.ts';

const drainNode = ({ db, notices }: Deps, { id, clusterId }: NodeRow): void => {
  updateNode(db, id, { state: 'draining', problem: 'It is near its max_lifetime.' });
  notices.notify(nodeTopic(id));
  notices.notify(clusterTopic(clusterId));
};

/** What still runs there runs again elsewhere, and that counts as nothing: the node was not lost. */
const endMachine = async (deps: Deps, cluster: ClusterRow, node: NodeRow): Promise<void> => {
  const provider = deps.providers.get(cluster.spec.provider);
  updateNode(deps.db, node.id, { state: 'draining', tokenHash: null, joinHash: null });
  const ref = node.providerRef as ProviderRef | null;
  const of = { clusterId: cluster.id, nodeId: node.id };
  const onBill: OnBill = (bill) => settleBill(deps.db, of, bill);
  await provider.destroy(node.id, ref, siteOf(deps.fleet, cluster, node), onBill);
  closeLedger(deps.db, of, deps.clock.now());
  leaveNode(deps, node.id, 'max_lifetime');
  updateNode(deps.db, node.id, { state: 'provisioning', providerRef: null });
  deps.fleet.launches.delete(node.id);
  // What was said of the machine that went is not true of the next one.
  deps.fleet.going.delete(node.id);
};

/**
 * Holds a node to the max_lifetime of its cluster: it drains shortly before, and is replaced while
 * there is work; without work the cluster goes down. Returns whether the node is not as it was.
 */
export const tendLifetime = async (
  deps: Deps,
  cluster: ClusterRow,
  node: NodeRow,
): Promise<boolean> => {
  const { db, clock, fleet } = deps;
  const { maxLifetimeMs } = cluster.spec;
  const facts = {
    node: node.state,
    ageMs: clock.now() - node.createdAt,
    maxLifetimeMs,
    leases: () => countNodeLeases(db, node.id),
  };
  const decision = decideAge(facts);
  if (decision === 'none') return false;
  const work = listOpenJobs(db, cluster.id).length;
  const log = deps.log.child('clusters');
  log.info('A node has reached its max_lifetime.', { node: node.id, decision, work });
  if (decision === 'drain') {
    drainNode(deps, node);
  } else if (work === 0) {
    await takeDown(deps, cluster.id);
  } else {
    await once(fleet.working, node.id, () => endMachine(deps, cluster, node));
    launchAside(deps, cluster, node.id);
  }
  return true;
};
