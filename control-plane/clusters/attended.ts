import type { Deps } from '../deps.ts';
import { type ClusterRow, finishCluster } from '../store/clusters.ts';
import { listNodes } from '../store/nodes.ts';
import { isAbandoned } from './reconcile.ts';

/** Somebody looks at how the cluster comes up. */
export const attend = ({ fleet, clock }: Deps, clusterId: string): void =>
  void fleet.attendedAt.set(clusterId, clock.monotonic());

/** Whether an `up` that was not finished has lost the px that waited for it: then nobody wants it. */
export const isUnattended = (deps: Deps, cluster: ClusterRow): boolean => {
  if (cluster.access?.attended !== true || cluster.finishedAt !== null) return false;
  const { db, fleet, clock, settings } = deps;
  if (listNodes(db, cluster.id).every(({ incarnation }) => incarnation > 0)) {
    finishCluster(db, cluster.id, clock.now());
    return false;
  }
  const now = clock.monotonic();
  // A control plane that has just started knows of nobody yet.
  const attendedAt = fleet.attendedAt.get(cluster.id) ?? now;
  fleet.attendedAt.set(cluster.id, attendedAt);
  return isAbandoned({ attendedAt, unattendedMs: settings.unattendedMs }, now);
};
