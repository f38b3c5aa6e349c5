import { isFinal } from '../../protocol/states.ts';
import type { Deps } from '../deps.ts';
import { jobTopic, workTopic } from '../notices.ts';
import { CANCELED } from '../scheduler/end.ts';
import type { JobRow } from '../store/job-progress.ts';
import type { Change } from './change.ts';
import { commit } from './commit.ts';
import { recallLeases, revokeLeases } from './revoke.ts';

/** Why a job as a whole did not succeed. */
interface Problem {
  code: string;
  message: string;
}

/** Calls a job off: no new leases; with `kill` what runs is revoked, else it may end. */
export const closeJob = (change: Change, job: JobRow, problem: Problem, kill: boolean): void => {
  if (isFinal(job.state)) return;
  job.closing = true;
  job.problemCode ??= problem.code;
  job.problemMessage ??= problem.message;
  if (kill) revokeLeases(change, job);
  else recallLeases(change, job);
  change.topics.add(jobTopic(job.id)).add(workTopic(job.clusterId));
};

/**
 * Cancels a job: it is over when this returns. A job that is final stays as it is. Throws `job_not_found`.
 *
 * @param code CANCELED, or MAX_COST
 */
export const cancelJob = (deps: Deps, jobId: string, message: string, code = CANCELED): void => {
  commit(deps, (change) => closeJob(change, change.job(jobId), { code, message }, true));
};

/** No new partitions; what was started ends; then the job fails with this problem. */
export const failJob = (deps: Deps, jobId: string, problem: Problem): void => {
  commit(deps, (change) => closeJob(change, change.job(jobId), problem, false));
};

/** Ends the job if nothing is left to do: for changes that were made outside, such as an empty input. */
export const settleJob = (deps: Deps, jobId: string): void => {
  commit(deps, (change) => change.job(jobId));
};
