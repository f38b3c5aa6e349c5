import { isFinal } from '../../protocol/states.ts';
import { jobTopic, nodeTopic, workTopic } from '../notices.ts';
import { endOf } from '../scheduler/end.ts';
import type { JobRow } from '../store/job-progress.ts';

import { listNodes } from '../store/nodes.ts';
import { cancelPending, listPartitionsInStates } from '../store/partitions.ts';
import { deleteSecrets } from '../store/secrets.ts';
import type { Change } from './change.ts';
import { recordCommitted } from './record.ts';

/** Rows that are held at a time while a job's rest is called off. */
const PAGE = 500;

const recordTried = (change: Change, job: JobRow): void => {
  const { db } = change.deps;
  for (let after = -1; ; ) {
    const rows = listPartitionsInStates(db, job.id, ['pending'], after, PAGE);
    for (const row of rows) {
      if (row.attempt > 0) recordCommitted(change, job, row, { kind: 'canceled' });
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.number;
  }
};

/** Whatever of a closing job never ran is canceled: rows where they exist, the rest by arithmetic. */
const cancelRest = (change: Change, job: JobRow): void => {
  if (job.pending > 0) {
    recordTried(change, job);
    cancelPending(change.deps.db, job.id);
  }
  const unclaimed =
    job.cutDone || job.partitions === null ? 0 : Math.max(0, job.partitions - job.nextPartition);
  job.canceled += job.pending + unclaimed;
  job.pending = 0;
};

/** Ends the job if nothing more can happen to it: final state, secrets gone, everyone told. */
export const settle = (change: Change, job: JobRow): void => {
  if (isFinal(job.state)) return;
  const state = endOf(job);
  if (state === null) return;
  const { deps } = change;
  if (job.closing) cancelRest(change, job);
  job.state = state;
  job.endedAt = change.at;
  deleteSecrets(deps.db, job.id);
  const { problemCode: code, problemMessage: message } = job;
  const problem = code === null ? null : { code, message: message ?? '' };
  change.record(job, 'job', { partition: null, attempt: null }, { state, problem });
  change.topics.add(jobTopic(job.id)).add(workTopic(job.clusterId));
  for (const node of listNodes(deps.db, job.clusterId)) change.topics.add(nodeTopic(node.id));
  change.over.push(job.id);
};
