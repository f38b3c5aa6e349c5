import type { Grant } from '../scheduler/grant.ts';
import { LOSSES_BEFORE_ALONE } from '../scheduler/outcome.ts';
import type { JobRow } from '../store/job-progress.ts';
import {
  insertPartition,
  leasePartition,
  listPending,
  type PartitionRow,
} from '../store/partitions.ts';
import type { Change } from './change.ts';
import { takeShares } from './damage.ts';
import type { LiveLease } from './lease-table.ts';
import { newLease, nextEpoch, shareOf } from './leases.ts';
import type { Scene } from './scene.ts';

/** How many leases of a job are wanted, by where they start. */
export type Wish = Grant;

interface Given {
  leases: LiveLease[];
  againMs: number | null;
  /** More may follow once partitions were looked up in the sums of an earlier run. */
  lookup: boolean;
  /** The node is kept for a partition that must run alone. */
  alone: boolean;
}

/** Leases a pending partition that has a row. */
export const leaseRow = (
  change: Change,
  job: JobRow,
  row: PartitionRow,
  how: { nodeId: string } & Partial<LiveLease>,
): LiveLease => {
  const { deps } = change;
  const epoch = nextEpoch(deps);
  leasePartition(deps.db, { jobId: job.id, number: row.number, epoch, nodeId: how.nodeId });
  job.pending -= 1;
  job.leased += 1;
  const { number: partition, hash } = row;
  const attempt = row.attempt + 1;
  return newLease(deps, change.monotonic, {
    jobId: job.id,
    partition,
    epoch,
    attempt,
    hash,
    share: shareOf(row),
    ...how,
  });
};

const isLonely = (row: PartitionRow | undefined): row is PartitionRow =>
  row !== undefined && row.losses >= LOSSES_BEFORE_ALONE;

/** One partition for an empty node; another node keeps itself free for it until it is empty. */
const giveAlone = (change: Change, scene: Scene, job: JobRow, row: PartitionRow): Given | null => {
  const { reserved } = change.deps.execution;
  const { node, held, round } = scene;
  const keeper = reserved.get(job.id);
  const isThere = keeper !== undefined && scene.roster.byId.has(keeper);
  if (isThere && keeper !== node.id) return null;
  const nothing: Given = { leases: [], againMs: null, lookup: false, alone: true };
  if (held.length + round.leases.length > 0) {
    reserved.set(job.id, node.id);
    return nothing;
  }
  reserved.delete(job.id);
  return { ...nothing, leases: [leaseRow(change, job, row, { nodeId: node.id, alone: true })] };
};

/** New partitions of the input, leased as they are made. */
const giveNew = (change: Change, scene: Scene, job: JobRow, limit: number) => {
  const { deps } = change;
  const nodeId = scene.node.id;
  const taken = takeShares(change, job, limit, scene.roster.slots);
  const first = taken.progress.nextPartition - taken.shares.length;
  const leases = taken.shares.map((share, index) => {
    const number = first + index;
    const epoch = nextEpoch(deps);
    insertPartition(deps.db, {
      ...share,
      jobId: job.id,
      number,
      state: 'leased',
      epoch,
      attempt: 1,
      nodeId,
    });
    return newLease(deps, change.monotonic, {
      jobId: job.id,
      partition: number,
      epoch,
      attempt: 1,
      nodeId,
      share,
    });
  });
  job.leased += leases.length;
  Object.assign(job, taken.progress);
  return { leases, againMs: taken.againMs };
};

/** Gives a job's partitions to a node: those that came back first, by number, then new ones. */
export const give = (change: Change, scene: Scene, job: JobRow, wish: Wish): Given => {
  const { db } = change.deps;
  const nodeId = scene.node.id;
  const wanted = wish.fill + wish.beside + wish.ahead;
  const isResumed = job.spec.resume !== null;
  const kind = isResumed ? 'hashed' : 'free';
  const rows = job.pending > 0 ? listPending(db, job.id, { kind }, wanted) : [];
  const [first] = rows;
  if (isLonely(first)) {
    const alone = giveAlone(change, scene, job, first);
    if (alone !== null) return alone;
  }
  const leases = rows
    .filter((row) => !isLonely(row))
    .map((row) => leaseRow(change, job, row, { nodeId }));
  const missing = wanted - leases.length;
  let againMs: number | null = null;
  if (missing > 0 && !isResumed && !job.cutDone) {
    const fresh = giveNew(change, scene, job, missing);
    leases.push(...fresh.leases);
    againMs = fresh.againMs;
  }
  for (const lease of leases.slice(wish.fill, wish.fill + wish.beside)) lease.beside = true;
  const lookup = isResumed && missing > 0 && (job.pending > 0 || !job.cutDone);
  return { leases, againMs, lookup, alone: false };
};
