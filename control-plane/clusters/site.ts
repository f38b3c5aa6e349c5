import type { ClusterAccess } from '../../protocol/messages/clusters.ts';
import type { NodeSite } from '../providers/provider.ts';
import type { ClusterRow } from '../store/clusters.ts';
import type { NodeRow } from '../store/nodes.ts';
import type { Fleet } from './fleet.ts';

/** Of a cluster whose caller did not say how it reaches its machines. */
export const NO_ACCESS: ClusterAccess = { env: {}, hostKeys: [], acceptNewHostKeys: false };

/** Where a node stands, as its provider wants to know it. */
export const siteOf = (fleet: Fleet, cluster: ClusterRow, node: NodeRow): NodeSite => ({
  clusterId: cluster.id,
  clusterName: cluster.name,
  nodeName: node.name,
  ordinal: node.ordinal,
  spec: cluster.spec,
  access: cluster.access ?? NO_ACCESS,
  plan: node.plan,
  isInherited: !fleet.own.has(node.id),
});
