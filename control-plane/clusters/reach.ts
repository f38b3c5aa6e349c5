import type { NodeSsh } from '../../protocol/messages/clusters.ts';
import type { Deps } from '../deps.ts';
import type { ProviderRef } from '../providers/provider.ts';
import type { ClusterRow } from '../store/clusters.ts';
import { listNodes } from '../store/nodes.ts';
import { siteOf } from './site.ts';

/** How a person reaches the machines of a cluster by ssh; none where they are this one. */
export const reachNodes = async (deps: Deps, cluster: ClusterRow): Promise<NodeSsh[]> => {
  const provider = deps.providers.get(cluster.spec.provider);
  const found = listNodes(deps.db, cluster.id).map(async (node) => {
    if (node.providerRef === null || node.state === 'terminated') return [];
    const ref = node.providerRef as ProviderRef;
    const target = await provider.reach(node.id, ref, siteOf(deps.fleet, cluster, node));
    if (target === null) return [];
    const { identityFiles = [], hostKeys, agentSocket: _, ...place } = target;
    const names = { node: node.name, alias: `px-${node.id}` };
    return [{ ...place, ...names, identityFiles: [...identityFiles], hostKeys: [...hostKeys] }];
  });
  return (await Promise.all(found)).flat();
};
