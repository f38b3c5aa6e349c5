import type { Deps } from '../deps.ts';
import { listOpenJobs } from '../store/cluster-jobs.ts';
import { type ClusterRow, finishCluster } from '../store/clusters.ts';
import { listNodes } from '../store/nodes.ts';
import { isAbandoned } from './reconcile.ts';

/** Somebody looks at how the cluster comes up, and may go on for so long. */
export const attend = ({ fleet, clock }: Deps, clusterId: string, forMs = 0): void =>
  void fleet.attendedAt.set(clusterId, clock.monotonic() + forMs);

type Unfinished = Pick<ClusterRow, 'id' | 'finishedAt'>;

/**
 * Whoever waited for an `up` has seen that every node joined: from now on the cluster stays without
 * it. Before that nobody may have seen anything, whatever has joined.
 */
export const keepCluster = ({ db, clock }: Deps, { id, finishedAt }: Unfinished): void => {
  const hasJoined = listNodes(db, id).every(
    ({ state, incarnation }) => state === 'terminated' || incarnation > 0,
  );
  if (finishedAt === null && hasJoined) finishCluster(db, id, clock.now());
};

/** Whether an `up` that was not finished has lost the px that waited for it: then nobody wants it. */
export const isUnattended = (deps: Deps, cluster: ClusterRow): boolean => {
  if (cluster.access?.attended !== true || cluster.finishedAt !== null) return false;
  const { db, fleet, clock, settings } = deps;
  // Who has work for it wants it.
  if (listOpenJobs(db, cluster.id).length > 0) {
    finishCluster(db, cluster.id, clock.now());
    return false;
  }
  const now = clock.monotonic();
  // A control plane that has just started knows of nobody yet.
  const attendedAt = fleet.attendedAt.get(cluster.id) ?? now;
  fleet.attendedAt.set(cluster.id, attendedAt);
  return isAbandoned({ attendedAt, unattendedMs: settings.unattendedMs }, now);
};
