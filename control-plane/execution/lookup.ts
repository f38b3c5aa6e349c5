import { isFinal } from '../../protocol/states.ts';
import type { Deps } from '../deps.ts';
import { slotsOf } from '../scheduler/quota.ts';
import { findJobRow, type JobRow } from '../store/job-progress.ts';
import { listNodes } from '../store/nodes.ts';
import {
  insertPartition,
  listPending,
  type PartitionRow,
  savePartition,
} from '../store/partitions.ts';
import type { Change } from './change.ts';
import { commit } from './commit.ts';
import { takeShares } from './damage.ts';
import { hashShare } from './hash.ts';
import { recordCommitted } from './record.ts';

/** Partitions that are looked up in one go: what a commit is worth, and few enough to wait for. */
const LOOKUP_MAX = 256;

const SUM_BYTES = 32;

/** The sums of the partitions that an earlier run finished, as hex. */
const readDone = async (deps: Deps, sha256: string): Promise<ReadonlySet<string>> => {
  const bytes = Buffer.from(await deps.blobs.read(sha256));
  const sums = new Set<string>();
  for (let at = 0; at + SUM_BYTES <= bytes.length; at += SUM_BYTES) {
    // latin1 keeps a sum in 32 bytes of memory instead of 64.
    sums.add(bytes.toString('latin1', at, at + SUM_BYTES));
  }
  return sums;
};

const doneOf = async (deps: Deps, job: JobRow): Promise<ReadonlySet<string>> => {
  const known = deps.execution.done.get(job.id);
  if (known !== undefined) return known;
  const sha256 = job.spec.resume?.done;
  const sums = sha256 === undefined ? new Set<string>() : await readDone(deps, sha256);
  // A job that ended meanwhile was forgotten already.
  const now = findJobRow(deps.db, job.id);
  if (now !== undefined && !isFinal(now.state)) deps.execution.done.set(job.id, sums);
  return sums;
};

/** What a lookup found to look at. */
export interface Looked {
  /** Partitions that were looked up. */
  count: number;
  /** Look again after so many milliseconds though nothing changed, null = wait for a notice. */
  againMs: number | null;
}

interface Rows {
  rows: PartitionRow[];
  againMs: number | null;
}

/** Rows for the next shares, pending and not looked up; what a crash left so comes first. */
const makeRows = (change: Change, job: JobRow): Rows => {
  const { db } = change.deps;
  const left = listPending(db, job.id, { kind: 'unhashed' }, LOOKUP_MAX);
  if (left.length > 0 || job.cutDone || job.closing) return { rows: left, againMs: null };
  const ready = listNodes(db, job.clusterId).filter(({ state }) => state === 'ready');
  const { shares, progress, againMs } = takeShares(change, job, LOOKUP_MAX, slotsOf(ready));
  const first = progress.nextPartition - shares.length;
  for (const [index, share] of shares.entries()) {
    insertPartition(db, { ...share, jobId: job.id, number: first + index, state: 'pending' });
  }
  job.pending += shares.length;
  Object.assign(job, progress);
  return { rows: listPending(db, job.id, { kind: 'unhashed' }, LOOKUP_MAX), againMs };
};

const markDone = (change: Change, job: JobRow, row: PartitionRow): void => {
  row.state = 'succeeded';
  row.outcome = { kind: 'resumed' };
  job.pending -= 1;
  job.succeeded += 1;
  job.linesDone += row.lines;
  job.inputBytesDone += row.length;
  recordCommitted(change, job, row, { kind: 'resumed' });
};

/**
 * Looks the next partitions of a job up in the sums of the run that it resumes: those that were done
 * are recorded as succeeded without a run, the others may be leased.
 */
export const lookUp = async (deps: Deps, jobId: string): Promise<Looked> => {
  const job = findJobRow(deps.db, jobId);
  if (job === undefined) return { count: 0, againMs: null };
  const done = await doneOf(deps, job);
  const { rows, againMs } = commit(deps, (change) => makeRows(change, change.job(jobId)));
  const hashes = new Map<number, string>();
  const { command } = job.spec;
  for (const row of rows) {
    hashes.set(row.number, await hashShare(deps, { id: jobId, command }, row.number, row));
  }
  commit(deps, (change) => {
    const now = change.job(jobId);
    for (const row of listPending(deps.db, jobId, { kind: 'unhashed' }, LOOKUP_MAX)) {
      const hash = hashes.get(row.number);
      if (hash === undefined) continue;
      row.hash = hash;
      if (done.has(Buffer.from(hash, 'hex').toString('latin1'))) markDone(change, now, row);
      savePartition(deps.db, row);
    }
  });
  return { count: rows.length, againMs };
};
