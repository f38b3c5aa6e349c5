import { isFinal } from '../../protocol/states.ts';
import type { Deps } from '../deps.ts';
import { commit } from '../execution/commit.ts';
import { workTopic } from '../notices.ts';
import { supersedeCommitted } from '../store/log.ts';
import { findPartition, savePartition } from '../store/partitions.ts';

/**
 * A partition whose stored output is damaged runs again, while its job is not over. False where the
 * damage cannot be mended so: the job is over, or the partition's own result is no success.
 */
export const reopenDamaged = (deps: Deps, jobId: string, partition: number): boolean =>
  commit(deps, (change) => {
    const job = change.job(jobId);
    const row = findPartition(deps.db, jobId, partition);
    if (isFinal(job.state) || job.closing || row?.state !== 'succeeded') return false;
    Object.assign(row, { state: 'pending', epoch: null, outcome: null });
    savePartition(deps.db, row);
    supersedeCommitted(deps.db, jobId);
    job.succeeded -= 1;
    job.linesDone -= row.lines;
    job.inputBytesDone -= row.length;
    job.pending += 1;
    change.topics.add(workTopic(job.clusterId));
    return true;
  });
