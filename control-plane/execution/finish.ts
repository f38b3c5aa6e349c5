import type { Outcome } from '../../protocol/messages/jobs.ts';
import { jobTopic, workTopic } from '../notices.ts';
import { shareStatus, statusOf } from '../scheduler/exit.ts';
import { isHaltDue } from '../scheduler/halt.ts';
import { judge, type Verdict } from '../scheduler/outcome.ts';
import type { JobRow } from '../store/job-progress.ts';
import { type PartitionRow, savePartition } from '../store/partitions.ts';
import type { Change } from './change.ts';
import { recordCommitted, recordSuperseded } from './record.ts';
import { recallLeases, revokeLeases } from './revoke.ts';

/** How an attempt ended, and what it used. */
interface AttemptEnd {
  outcome: Outcome;
  runtimeMs: number;
  cpuMs: number | null;
  peakRssBytes: number | null;
}

/** The attempt was seen running: from now on it counts. */
export const markStarted = (change: Change, job: JobRow, row: PartitionRow): void => {
  if (row.state !== 'leased') return;
  row.state = 'running';
  row.startedAt = change.at;
  job.attempts += 1;
};

const count = (job: JobRow, row: PartitionRow, verdict: Verdict, outcome: Outcome): void => {
  job.leased -= 1;
  switch (verdict.state) {
    case 'succeeded':
      job.succeeded += 1;
      job.linesDone += row.lines;
      job.inputBytesDone += row.length;
      return;
    case 'failed':
      job.failed += 1;
      job.linesFailed += row.lines;
      job.failedStatus = shareStatus(job.failedStatus, statusOf(outcome));
      return;
    case 'canceled':
      job.canceled += 1;
      return;
    case 'pending':
      job.pending += 1;
  }
};

const haltIfDue = (change: Change, job: JobRow): void => {
  const { halt } = job.spec.limits;
  if (job.closing || !isHaltDue(halt, job.failed, job.partitions)) return;
  job.closing = true;
  if (halt.when === 'now') revokeLeases(change, job);
  else recallLeases(change, job);
};

/**
 * An attempt is over: the partition is final or pending again, and the counters say so. Stores `row`.
 *
 * @param forced `failed`: however often it might have been tried again
 */
export const finishAttempt = (
  change: Change,
  job: JobRow,
  row: PartitionRow,
  end: AttemptEnd,
  forced?: 'failed',
): void => {
  const judged = judge(end.outcome, row, job.spec.limits);
  const verdict = { ...judged, state: forced ?? judged.state };
  count(job, row, verdict, end.outcome);
  Object.assign(row, verdict, {
    doneEpoch: row.epoch,
    epoch: null,
    outcome: end.outcome,
    runtimeMs: end.runtimeMs,
    cpuMs: end.cpuMs,
    peakRssBytes: end.peakRssBytes,
    startedAt: Math.min(row.startedAt ?? change.at, change.at - end.runtimeMs),
  });
  // Before a halt looks at what holds a lease.
  savePartition(change.deps.db, row);
  if (verdict.state === 'pending') recordSuperseded(change, job, row, end.outcome);
  else recordCommitted(change, job, row, end.outcome);
  change.topics.add(jobTopic(job.id));
  // A slot of the job is free for a node that waits on its quota, or the partition itself is.
  if (verdict.state === 'pending' || job.spec.parallel !== null) {
    change.topics.add(workTopic(job.clusterId));
  }
  if (verdict.state === 'failed') haltIfDue(change, job);
};
