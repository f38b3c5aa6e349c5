import type { JobRow } from '../store/job-progress.ts';
import { insertPartition, listPending } from '../store/partitions.ts';
import type { Change } from './change.ts';
import { leaseRow } from './give.ts';
import type { LiveLease } from './lease-table.ts';
import type { Scene } from './scene.ts';

/** One partition for every node that is ready when the first of them asks. */
const pinToNodes = (change: Change, scene: Scene, job: JobRow): void => {
  for (const [number, node] of scene.roster.ready.entries()) {
    insertPartition(change.deps.db, {
      jobId: job.id,
      number,
      state: 'pending',
      pinnedNode: node.id,
      outsideSlots: true,
      source: 'none',
      offset: 0,
      length: 0,
      firstLine: 0,
      lines: 0,
    });
  }
  const count = scene.roster.ready.length;
  Object.assign(job, { partitions: count, nextPartition: count, pending: count, cutDone: true });
};

/** What of an `everyNode` job is this node's: it starts beside the slots, whatever else runs. */
export const givePinned = (change: Change, scene: Scene, job: JobRow): LiveLease[] => {
  const nodeId = scene.node.id;
  if (!job.cutDone) pinToNodes(change, scene, job);
  if (job.pending === 0) return [];
  return listPending(change.deps.db, job.id, { kind: 'pinned', nodeId }, 1).map((row) =>
    leaseRow(change, job, row, { nodeId, beside: true, pinned: true }),
  );
};
