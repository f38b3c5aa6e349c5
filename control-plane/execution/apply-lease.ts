import { hash } from 'node:crypto';
import { concat } from '../../protocol/bytes.ts';
import type { ReportReply } from '../../protocol/messages/worker.ts';
import { jobTopic } from '../notices.ts';
import type { JobRow } from '../store/job-progress.ts';
import { appendChunk, listChunkHashes } from '../store/log.ts';
import { findPartition, type PartitionRow, savePartition } from '../store/partitions.ts';
import { applyGlob } from './apply-glob.ts';
import { closeJob } from './cancel.ts';
import type { Change } from './change.ts';
import { finishAttempt, markStarted } from './finish.ts';
import { keepFiles } from './keep-files.ts';
import type { LiveLease } from './lease-table.ts';
import { leasesOf } from './leases.ts';
import { endLease } from './lose.ts';
import type { LeasePlan } from './plan-report.ts';
import type { Kind } from './report-body.ts';

export type Result = ReportReply['results'][number];

/** What a report is about. */
interface Subject {
  job: JobRow;
  row: PartitionRow;
  /** Undefined where memory does not know it. */
  lease: LiveLease | undefined;
}

const answer = (plan: LeasePlan, status: Result['status'], seq: number): Result => {
  const { job, partition, epoch } = plan.report;
  return { job, partition, epoch, status, seq };
};

const addChunks = (change: Change, job: JobRow, row: PartitionRow, plan: LeasePlan): void => {
  for (const { chunk, place } of plan.placed) {
    const { seq, stream } = chunk.header;
    const cursor = job.nextCursor;
    job.nextCursor += 1;
    appendChunk(change.deps.db, {
      jobId: job.id,
      cursor,
      at: change.at,
      partition: row.number,
      attempt: row.attempt,
      seq,
      stream,
      ...place,
      sha256: chunk.sum,
    });
    row.nextSeq += 1;
    row.outputBytes += place.length;
    job.outputBytes += place.length;
  }
  if (plan.placed.length > 0) change.topics.add(jobTopic(job.id));
};

/** Whether what is recorded of the attempt is what the worker sent. */
const isWhole = (
  change: Change,
  row: PartitionRow,
  plan: LeasePlan,
  done: Kind<'done'>,
): boolean => {
  if (done.bytes !== row.outputBytes) return false;
  const sums =
    plan.placed.length === row.nextSeq
      ? plan.placed.map(({ chunk }) => chunk.sum)
      : listChunkHashes(change.deps.db, row.jobId, row.number, row.attempt);
  return hash('sha256', concat(sums)) === done.sha256;
};

const applyDone = (
  change: Change,
  { job, row, lease }: Subject,
  plan: LeasePlan,
  done: Kind<'done'>,
): Result => {
  const { deps } = change;
  if (done.chunks !== row.nextSeq) {
    // What came before the end is appended already: the row says so too.
    savePartition(deps.db, row);
    return answer(plan, 'gap', row.nextSeq);
  }
  if (!isWhole(change, row, plan, done)) {
    // Chunks were checked one by one: the worker's own account is wrong, so this attempt counts as lost.
    savePartition(deps.db, row);
    if (lease !== undefined) endLease(change, lease, 'lost');
    return answer(plan, 'stale', row.nextSeq);
  }
  markStarted(change, job, row);
  row.hash ??= lease?.hash ?? null;
  keepFiles(change, job, plan.nodeId, done);
  if (done.outcome.kind === 'exit') deps.execution.runtimes.add(job.id, done.runtimeMs);
  finishAttempt(change, job, row, done);
  if (lease !== undefined) change.ended.push(lease);
  return answer(plan, 'ok', row.nextSeq);
};

const applyCurrent = (change: Change, subject: Subject, plan: LeasePlan): Result => {
  const { deps } = change;
  const { started, end } = plan.report;
  const { job, row, lease } = subject;
  if (started || plan.placed.length > 0) {
    markStarted(change, job, row);
    if (lease !== undefined) change.started.push(lease);
  }
  addChunks(change, job, row, plan);
  if (plan.gap === null && end?.t === 'done') return applyDone(change, subject, plan, end);
  savePartition(deps.db, row);
  if (plan.gap !== null) return answer(plan, 'gap', plan.gap);
  if (end !== null && lease !== undefined) endLease(change, lease, 'given_back');
  if (end?.t === 'refused') closeJob(change, job, end, true);
  return answer(plan, 'ok', row.nextSeq);
};

/** Applies what a report says of one lease, and answers it: it counts only if its epoch is current. */
export const applyLease = (change: Change, plan: LeasePlan): Result => {
  const { job, partition, epoch } = plan.report;
  const lease = leasesOf(change.deps).get(job, partition, epoch);
  if (lease?.glob === true) {
    return applyGlob(change, lease, plan) ? answer(plan, 'ok', 0) : answer(plan, 'stale', 0);
  }
  const row = findPartition(change.deps.db, job, partition);
  if (row === undefined || row.nodeId !== plan.nodeId) return answer(plan, 'stale', 0);
  // The end of this attempt is recorded already: its acknowledgement got lost.
  if (row.doneEpoch === epoch) return answer(plan, 'ok', row.nextSeq);
  if (row.epoch !== epoch) return answer(plan, 'stale', row.nextSeq);
  // Between plan and transaction the partition went through another lease of the same epoch: never.
  if (plan.from !== null && row.nextSeq !== plan.from) return answer(plan, 'gap', row.nextSeq);
  return applyCurrent(change, { job: change.job(row.jobId), row, lease }, plan);
};
