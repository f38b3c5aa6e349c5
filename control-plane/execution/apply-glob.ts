import { workTopic } from '../notices.ts';
import { statusOf } from '../scheduler/exit.ts';
import { closeJob } from './cancel.ts';
import type { Change } from './change.ts';
import type { LiveLease } from './lease-table.ts';
import { endLease } from './lose.ts';
import type { LeasePlan } from './plan-report.ts';

/**
 * Applies a report about the evaluation of a glob, which has no partition and no output of its own.
 * False where the lease is not current.
 */
export const applyGlob = (change: Change, lease: LiveLease, plan: LeasePlan): boolean => {
  const job = change.job(lease.jobId);
  if (lease.nodeId !== plan.nodeId || job.globEpoch !== lease.epoch) return false;
  const { started, end } = plan.report;
  if (started) change.started.push(lease);
  if (end === null) return true;
  const isSealed = job.sealedLength !== null;
  endLease(change, lease, 'given_back');
  change.topics.add(workTopic(job.clusterId));
  if (end.t === 'refused') closeJob(change, job, end, true);
  if (end.t !== 'done' || isSealed) return true;
  const why = end.outcome.kind === 'spawn' ? end.outcome.message : `exit ${statusOf(end.outcome)}`;
  const message = `The --files glob could not be evaluated (${why}).`;
  closeJob(change, job, { code: 'bad_input', message }, true);
  return true;
};
