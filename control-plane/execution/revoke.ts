import { jobTopic, nodeTopic } from '../notices.ts';
import type { JobRow } from '../store/job-progress.ts';
import { findPartition, savePartition } from '../store/partitions.ts';
import type { Change } from './change.ts';
import { leasesOf } from './leases.ts';
import { recordCommitted } from './record.ts';

/** The job's glob is not being evaluated any more; half a list of names is worth nothing. */
export const dropGlob = (change: Change, job: JobRow): void => {
  job.globEpoch = null;
  job.globNode = null;
  if (job.sealedLength !== null) return;
  job.inputLength = 0;
  change.staleInputs.push(job);
};

/**
 * Cancels everything of the job that holds a lease, at once: the workers are told, and whatever they
 * still report is stale.
 */
export const revokeLeases = (change: Change, job: JobRow): void => {
  const { deps } = change;
  for (const lease of leasesOf(deps).ofJob(job.id)) {
    if (lease.glob) {
      if (job.globEpoch === lease.epoch) dropGlob(change, job);
    } else {
      const row = findPartition(deps.db, job.id, lease.partition);
      // The same transaction may have ended it before.
      if (row?.epoch !== lease.epoch) continue;
      Object.assign(row, { state: 'canceled', epoch: null, outcome: { kind: 'canceled' } });
      row.runtimeMs = row.startedAt === null ? null : Math.max(0, change.at - row.startedAt);
      job.leased -= 1;
      job.canceled += 1;
      recordCommitted(change, job, row, { kind: 'canceled' });
      savePartition(deps.db, row);
    }
    change.ended.push(lease);
    change.topics.add(nodeTopic(lease.nodeId));
  }
  change.topics.add(jobTopic(job.id));
};

/**
 * Asks for everything of a closing job that has not been started. What comes back is canceled with the
 * rest when the job ends; what a worker has started meanwhile goes on.
 */
export const recallLeases = (change: Change, job: JobRow): void => {
  for (const lease of leasesOf(change.deps).ofJob(job.id)) {
    if (lease.started) continue;
    // Harmless where the transaction fails: it is given to somebody else then.
    lease.asked = true;
    change.topics.add(nodeTopic(lease.nodeId));
  }
};
