import type { JobRow } from '../store/job-progress.ts';
import type { Member } from '../store/nodes.ts';
import type { Change } from './change.ts';
import type { LiveLease } from './lease-table.ts';
import { newLease, nextEpoch } from './leases.ts';

/** The evaluation of a job's glob, for one node at a time; null where another has it. */
export const giveGlob = (change: Change, job: JobRow, node: Member): LiveLease | null => {
  const { deps } = change;
  if (job.globEpoch !== null || deps.execution.cleaning.has(job.id)) return null;
  const epoch = nextEpoch(deps);
  job.globEpoch = epoch;
  job.globNode = node.id;
  const nodeId = node.id;
  return newLease(deps, change.monotonic, {
    jobId: job.id,
    partition: 0,
    epoch,
    attempt: 1,
    nodeId,
    glob: true,
  });
};
