import { makeEpoch } from '../../protocol/epoch.ts';
import type { Deps } from '../deps.ts';
import type { Share } from '../input/inputs.ts';
import { LOSSES_BEFORE_ALONE } from '../scheduler/outcome.ts';
import { listGlobLeases } from '../store/job-progress.ts';
import { listLivePartitions } from '../store/partitions.ts';
import { leaseMsOf } from './lease-ms.ts';
import { LeaseTable, type LiveLease } from './lease-table.ts';

type Fresh = Pick<LiveLease, 'jobId' | 'partition' | 'epoch' | 'attempt' | 'nodeId'> &
  Partial<LiveLease>;

const NO_INPUT: Share = { source: 'none', offset: 0, length: 0, firstLine: 0, lines: 0 };

/** A lease with a full term from `leasedAt`, milliseconds of the monotonic clock. */
export const newLease = (deps: Deps, leasedAt: number, lease: Fresh): LiveLease => {
  return {
    share: NO_INPUT,
    glob: false,
    started: false,
    beside: false,
    alone: false,
    pinned: false,
    asked: false,
    leasedAt,
    deadline: leasedAt + leaseMsOf(deps, lease.nodeId),
    hash: null,
    ...lease,
  };
};

/** The share alone: a row holds much more, and a lease lives longer. */
export const shareOf = ({ source, offset, length, firstLine, lines }: Share): Share => ({
  source,
  offset,
  length,
  firstLine,
  lines,
});

const recover = (deps: Deps): LeaseTable => {
  const table = new LeaseTable();
  const now = deps.clock.monotonic();
  for (const row of listLivePartitions(deps.db)) {
    if (row.epoch === null || row.nodeId === null) continue;
    table.add(
      newLease(deps, now, {
        jobId: row.jobId,
        partition: row.number,
        epoch: row.epoch,
        attempt: row.attempt,
        nodeId: row.nodeId,
        share: shareOf(row),
        started: row.state === 'running',
        beside: row.outsideSlots,
        alone: row.losses >= LOSSES_BEFORE_ALONE,
        pinned: row.pinnedNode !== null,
        hash: row.hash,
      }),
    );
  }
  for (const { id: jobId, globEpoch: epoch, globNode: nodeId } of listGlobLeases(deps.db)) {
    if (epoch === null || nodeId === null) continue;
    table.add(newLease(deps, now, { jobId, partition: 0, epoch, attempt: 1, nodeId, glob: true }));
  }
  return table;
};

/** The live leases; after a restart each begins with a full term. */
export const leasesOf = (deps: Deps): LeaseTable => {
  deps.execution.leases ??= recover(deps);
  return deps.execution.leases;
};

/** An epoch that was never given before. */
export const nextEpoch = (deps: Deps): string => {
  deps.execution.epochs += 1;
  return makeEpoch(deps.generation, deps.execution.epochs);
};
