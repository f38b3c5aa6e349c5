import { utf8 } from '../../protocol/bytes.ts';
import { PxError } from '../../protocol/errors.ts';
import type { JobEnv } from '../../protocol/messages/jobs.ts';
import { isFinal } from '../../protocol/states.ts';
import type { Deps } from '../deps.ts';
import { jobTopic, workTopic } from '../notices.ts';
import { findCluster, findLiveCluster } from '../store/clusters.ts';
import { type JobRow, moveJob } from '../store/job-progress.ts';
import { supersedeCommitted } from '../store/log.ts';
import { listNodes } from '../store/nodes.ts';
import { reopenPartitions } from '../store/partitions.ts';
import { saveSecrets } from '../store/secrets.ts';
import type { Change } from './change.ts';
import { commit } from './commit.ts';

const refuse = (job: JobRow): void => {
  if (!isFinal(job.state)) {
    throw new PxError('job_running', `Job ${job.id} has not ended: it is ${job.state}.`, {
      hint: `px job attach ${job.id}`,
    });
  }
  if (job.spec.input.kind !== 'none' && job.sealedLength === null) {
    throw new PxError('job_not_retryable', `The input of job ${job.id} never came whole.`, {
      hint: 'Submit it again with: px run',
    });
  }
};

/** A cluster that went down may be up again: under its name it is another one. */
const toLiveCluster = ({ db }: Deps, job: JobRow): void => {
  const name = findCluster(db, job.clusterId)?.name ?? '';
  const live = findLiveCluster(db, name);
  if (live?.state !== 'up') {
    throw new PxError('cluster_not_up', `The cluster ${name} of job ${job.id} is not up.`, {
      hint: `Bring it up with: px cluster up ${name}`,
    });
  }
  if (live.id === job.clusterId) return;
  job.clusterId = live.id;
  moveJob(db, job.id, live.id);
};

const reopen = (change: Change, job: JobRow): void => {
  const { db } = change.deps;
  const ready = listNodes(db, job.clusterId).filter(({ state }) => state === 'ready');
  const reopened = reopenPartitions(
    db,
    job.id,
    ready.map(({ id }) => id),
  );
  if (reopened === 0 && job.cutDone) {
    throw new PxError('job_not_retryable', `Nothing of job ${job.id} failed.`, {
      hint: `px job show ${job.id}`,
    });
  }
  supersedeCommitted(db, job.id);
  Object.assign(job, {
    state: 'queued',
    closing: false,
    opening: job.opening + 1,
    problemCode: null,
    problemMessage: null,
    endedAt: null,
    pending: reopened,
    failed: 0,
    canceled: 0,
    linesFailed: 0,
    failedStatus: null,
  });
};

/**
 * Reopens the failed and canceled partitions of a job that is over, attempts numbered on. Throws
 * `job_not_found`, `job_running`, `job_not_retryable`, `cluster_not_up`.
 */
export const retryJob = (deps: Deps, jobId: string, env: JobEnv): void => {
  commit(deps, (change) => {
    const job = change.job(jobId);
    refuse(job);
    toLiveCluster(deps, job);
    reopen(change, job);
    saveSecrets(deps.db, jobId, deps.sealer.seal(utf8(JSON.stringify(env))));
    const data = { state: job.state, problem: null };
    change.record(job, 'job', { partition: null, attempt: null }, data);
    change.topics.add(jobTopic(jobId)).add(workTopic(job.clusterId));
  });
};
