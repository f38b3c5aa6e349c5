import type { Deps } from '../deps.ts';
import { isDamage } from '../input/damage.ts';
import type { Taken } from '../input/inputs.ts';
import { nothing } from '../input/take.ts';
import type { JobRow } from '../store/job-progress.ts';
import { closeJob } from './cancel.ts';
import type { Change } from './change.ts';
import { commit } from './commit.ts';
import type { LiveLease } from './lease-table.ts';
import { endLease } from './lose.ts';

/** The next shares of a job. A damaged input closes its own job, and the claim goes on with the others. */
export const takeShares = (change: Change, job: JobRow, limit: number, slots: number): Taken => {
  try {
    const meanMs = change.deps.execution.runtimes.meanOf(job.id);
    return change.deps.inputs.take(job, limit, { slots, meanMs });
  } catch (cause) {
    if (!isDamage(cause)) throw cause;
    closeJob(change, job, cause, false);
    return nothing(job);
  }
};

/** Takes back leases whose input is damaged. Their job is closed: what runs on whole shares may end. */
export const takeBack = (deps: Deps, leases: readonly LiveLease[]): void => {
  commit(deps, (change) => {
    for (const lease of leases) endLease(change, lease, 'given_back');
  });
};
