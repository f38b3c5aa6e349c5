import type { Deps } from '../deps.ts';
import { commit } from './commit.ts';
import { leaseMsOf } from './lease-ms.ts';
import { leasesOf } from './leases.ts';
import { endLease } from './lose.ts';

/** The loop looks every second; a look that is so late means that this process, or the machine, slept. */
const LATE_MS = 5000;

/**
 * Ends the leases whose term is over. After a sleep (SIGSTOP, a closed lid) every lease gets a full
 * term first: its worker could not renew meanwhile.
 *
 * @param now milliseconds of `clock.monotonic()`
 */
export const expireLeases = (deps: Deps, now: number): void => {
  const { execution } = deps;
  const leases = [...leasesOf(deps).all()];
  const lookedAt = execution.expiredAt ?? now;
  execution.expiredAt = now;
  if (now - lookedAt > LATE_MS) {
    for (const lease of leases) lease.deadline = now + leaseMsOf(deps, lease.nodeId);
    return;
  }
  const over = leases.filter((lease) => lease.deadline <= now);
  if (over.length === 0) return;
  deps.log.warn('leases expired', { count: over.length });
  commit(deps, (change) => {
    for (const lease of over) endLease(change, lease, 'lost');
  });
};
