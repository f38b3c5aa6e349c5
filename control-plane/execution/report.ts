import { setImmediate as endOfTick } from 'node:timers/promises';
import { PxError } from '../../protocol/errors.ts';
import type { ReportReply } from '../../protocol/messages/worker.ts';
import type { Deps } from '../deps.ts';
import { isDamage } from '../input/damage.ts';
import { findJobRow } from '../store/job-progress.ts';
import { findPartition } from '../store/partitions.ts';
import { applyLease, type Result } from './apply-lease.ts';
import { commit } from './commit.ts';
import { hashShare } from './hash.ts';
import { refuseMissing } from './keep-files.ts';
import { leaseMsOf } from './lease-ms.ts';
import { leasesOf } from './leases.ts';
import { planReports, type Report, writeChunks } from './plan-report.ts';
import type { LeaseReport } from './report-body.ts';
import type { Waiting } from './state.ts';

/** 64 reports of 8 MiB at most: more of them gain nothing and would hold memory. */
const GROUP_MAX = 64;

/** Chunks first to disk, then one transaction for all, then the answers. */
const commitGroup = async (deps: Deps, group: readonly Report[]): Promise<Result[][]> => {
  const plans = planReports(deps, group);
  const ends = await writeChunks(deps, plans.flat());
  deps.faultPoint?.('before-commit');
  const results = commit(deps, (change) => {
    const results = plans.map((ofReport) => ofReport.map((plan) => applyLease(change, plan)));
    for (const [jobId, { segment, length }] of ends) {
      Object.assign(change.job(jobId), { segment, segmentLength: length });
    }
    return results;
  });
  deps.faultPoint?.('before-reply');
  return results;
};

const answerGroup = async (deps: Deps, group: readonly Waiting[]): Promise<void> => {
  try {
    const results = await commitGroup(deps, group);
    for (const [index, waiting] of group.entries()) waiting.resolve(results[index] ?? []);
  } catch (cause) {
    if (group.length === 1 || (cause instanceof PxError && cause.code === 'disk_full')) {
      for (const waiting of group) waiting.reject(cause);
      return;
    }
    // One bad report must not keep the others from being recorded.
    for (const waiting of group) await answerGroup(deps, [waiting]);
  }
};

const drainQueue = async (deps: Deps): Promise<void> => {
  const { execution } = deps;
  if (execution.isCommitting) return;
  execution.isCommitting = true;
  try {
    while (execution.reports.length > 0) {
      // Reports of the same tick share the commit, also where no chunk has to be written before.
      await endOfTick();
      await answerGroup(deps, execution.reports.splice(0, GROUP_MAX));
    }
  } finally {
    execution.isCommitting = false;
  }
};

/** The sums of large inputs are known once they were fetched; after a restart they are read again. */
const fillHashes = async (deps: Deps, leases: readonly LeaseReport[]): Promise<void> => {
  for (const { job: id, partition, epoch, end } of leases) {
    const lease = leasesOf(deps).get(id, partition, epoch);
    if (end?.t !== 'done' || lease === undefined || lease.glob || lease.hash !== null) continue;
    const row = findPartition(deps.db, id, partition);
    const job = findJobRow(deps.db, id);
    if (row === undefined || job === undefined || row.hash !== null) continue;
    const { command } = job.spec;
    lease.hash = await hashShare(deps, { id, command }, partition, row).catch((cause: unknown) => {
      // What ran on a share that was whole counts; its hash is not known any more.
      if (isDamage(cause)) return null;
      throw cause;
    });
  }
};

/** Before the report is queued: most of what is wrong is said without a commit that fails. */
const requireFiles = (deps: Deps, leases: readonly LeaseReport[]): void => {
  const listed = leases.flatMap(({ end }) => (end?.t === 'done' ? end.collected : []));
  refuseMissing(deps.db, listed, deps.clock.now());
};

const renewTerm = (deps: Deps, nodeId: string, results: readonly Result[]): void => {
  const deadline = deps.clock.monotonic() + leaseMsOf(deps, nodeId);
  for (const { job, partition, epoch } of results) {
    const lease = leasesOf(deps).get(job, partition, epoch);
    if (lease !== undefined) lease.deadline = deadline;
  }
};

/**
 * Records a report of a node: its chunks are durable and everything that it changes is committed when
 * this resolves. Throws `disk_full`, `blob_missing`.
 */
export const applyReport = async (
  deps: Deps,
  nodeId: string,
  leases: LeaseReport[],
): Promise<ReportReply> => {
  await fillHashes(deps, leases);
  requireFiles(deps, leases);
  const results = await new Promise<Result[]>((resolve, reject) => {
    deps.execution.reports.push({ nodeId, leases, resolve, reject });
    void drainQueue(deps);
  });
  renewTerm(deps, nodeId, results);
  return { results };
};
