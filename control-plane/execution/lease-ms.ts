import type { Deps } from '../deps.ts';
import { findCluster } from '../store/clusters.ts';
import { findNode } from '../store/nodes.ts';

/** Whether the node's machine is elsewhere and comes through a tunnel; it never changes. */
const isTunneled = (deps: Deps, nodeId: string): boolean => {
  const { tunneled } = deps.execution;
  const known = tunneled.get(nodeId);
  if (known !== undefined) return known;
  const node = findNode(deps.db, nodeId);
  const cluster = node === undefined ? undefined : findCluster(deps.db, node.clusterId);
  const found =
    cluster !== undefined && deps.providers.find(cluster.spec.provider)?.promises.tunneled === true;
  tunneled.set(nodeId, found);
  return found;
};

/**
 * Milliseconds of a lease of the node without acknowledgement. Longer for nodes elsewhere where the
 * control plane is a laptop's, which may sleep: their loss is learned sooner in other ways.
 */
export const leaseMsOf = (deps: Deps, nodeId: string): number => {
  const { leaseMs, remoteLeaseMs } = deps.settings;
  return deps.server.loopback && isTunneled(deps, nodeId) ? remoteLeaseMs : leaseMs;
};
