import type { Deps } from '../deps.ts';
import { leaveNode } from '../execution/join.ts';
import { clusterTopic, nodeTopic } from '../notices.ts';
import type { Described } from '../providers/provider.ts';
import type { ClusterRow } from '../store/clusters.ts';
import { findNode, type NodeRow, updateNode } from '../store/nodes.ts';

/** The owner of a node's machine takes it back: nothing new begins there. */
export const goNode = ({ db, fleet, notices }: Deps, nodeId: string): void => {
  fleet.going.add(nodeId);
  const node = findNode(db, nodeId);
  if (node?.state !== 'ready') return;
  updateNode(db, nodeId, { state: 'draining', problem: 'The cloud takes its machine back.' });
  notices.notify(nodeTopic(nodeId));
  notices.notify(clusterTopic(node.clusterId));
};

/**
 * What a machine held that its owner took back, or ended at its max_lifetime, runs again, and that counts
 * as nothing.
 */
export const freeTaken = (
  deps: Deps,
  { id, createdAt }: NodeRow,
  { maxLifetimeMs }: ClusterRow['spec'],
  machine: Described | null,
): void => {
  if (machine?.state !== 'gone') return;
  const isGoing = deps.fleet.going.delete(id);
  const isOver = maxLifetimeMs > 0 && deps.clock.now() - createdAt >= maxLifetimeMs;
  if (isOver) leaveNode(deps, id, 'max_lifetime');
  else if (isGoing || machine.isTakenBack === true) leaveNode(deps, id, 'taken_back');
};
