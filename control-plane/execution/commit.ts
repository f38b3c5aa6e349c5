import { transact } from '../db/open.ts';
import type { Deps } from '../deps.ts';
import { workTopic } from '../notices.ts';
import type { JobRow } from '../store/job-progress.ts';
import { Change } from './change.ts';
import { settle } from './end.ts';
import { leasesOf } from './leases.ts';

/** A job's half input goes; its glob is not evaluated again before. */
const removeInput = (deps: Deps, { id: jobId, clusterId }: JobRow): void => {
  const { cleaning } = deps.execution;
  const removed = deps.inputs
    .remove(jobId)
    .catch((error: unknown) =>
      deps.log.warn('an input was not removed', { jobId, error: `${error}` }),
    )
    .finally(() => {
      cleaning.delete(jobId);
      deps.notices.notify(workTopic(clusterId));
    });
  cleaning.set(jobId, removed);
};

const forgetJob = ({ execution }: Deps, jobId: string): void => {
  execution.runtimes.forget(jobId);
  execution.reserved.delete(jobId);
  execution.done.delete(jobId);
};

/**
 * Runs `work` in one transaction, ends the jobs that it brought to their end, and after the commit
 * makes memory follow and wakes who waits.
 */
export const commit = <T>(deps: Deps, work: (change: Change) => T): T => {
  const leases = leasesOf(deps);
  const change = new Change(deps);
  const result = transact(deps.db, () => {
    const value = work(change);
    for (const job of change.jobs()) settle(change, job);
    change.save();
    return value;
  });
  for (const lease of change.started) lease.started = true;
  for (const lease of change.ended) leases.remove(lease);
  for (const lease of change.begun) leases.add(lease);
  for (const job of change.staleInputs) removeInput(deps, job);
  for (const jobId of change.over) forgetJob(deps, jobId);
  for (const topic of change.topics) deps.notices.notify(topic);
  return result;
};
