import { repriceLedger } from '../costs/ledger.ts';
import type { Deps } from '../deps.ts';
import type { ProviderRef } from '../providers/provider.ts';
import { type ClusterRow, listLiveClusters } from '../store/clusters.ts';
import { listNodes, type NodeRow } from '../store/nodes.ts';
import { siteOf } from './site.ts';

const repriceNode = async (deps: Deps, cluster: ClusterRow, node: NodeRow): Promise<void> => {
  const provider = deps.providers.get(cluster.spec.provider);
  if (node.state === 'terminated' || node.providerRef === null) return;
  const ref = node.providerRef as ProviderRef;
  const usdPerHour = await provider.priceNow?.(ref, siteOf(deps.fleet, cluster, node));
  if (usdPerHour === undefined || usdPerHour === null) return;
  const of = { clusterId: cluster.id, nodeId: node.id };
  repriceLedger(deps.db, of, usdPerHour, deps.clock.now());
};

/** What machines cost follows the catalog: a price that changed while they run counts from now on. */
export const repriceMachines = async (deps: Deps): Promise<void> => {
  for (const cluster of listLiveClusters(deps.db)) {
    for (const node of listNodes(deps.db, cluster.id)) await repriceNode(deps, cluster, node);
  }
};
