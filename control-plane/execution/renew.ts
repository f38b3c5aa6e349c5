import type { LeaseKey, RenewReply } from '../../protocol/messages/worker.ts';
import type { Deps } from '../deps.ts';
import { leaseMsOf } from './lease-ms.ts';
import type { LiveLease } from './lease-table.ts';
import { leasesOf } from './leases.ts';

/** The node's own lease of this name, if it is current. */
export const ownLease = (deps: Deps, nodeId: string, key: LeaseKey): LiveLease | undefined => {
  const lease = leasesOf(deps).get(key.job, key.partition, key.epoch);
  return lease?.nodeId === nodeId ? lease : undefined;
};

/** Gives the leases a full term from now; answers those that are not current any more. */
export const renewLeases = (deps: Deps, nodeId: string, keys: readonly LeaseKey[]): RenewReply => {
  const leaseMs = leaseMsOf(deps, nodeId);
  const deadline = deps.clock.monotonic() + leaseMs;
  const stale: LeaseKey[] = [];
  for (const key of keys) {
    const lease = ownLease(deps, nodeId, key);
    if (lease === undefined) stale.push(key);
    else lease.deadline = deadline;
  }
  return { stale, leaseMs };
};
