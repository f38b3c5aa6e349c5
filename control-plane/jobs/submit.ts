import { utf8 } from '../../protocol/bytes.ts';
import { PxError } from '../../protocol/errors.ts';
import { makeId } from '../../protocol/ids.ts';
import type { JobEnv, JobSpec, JobSubmit } from '../../protocol/messages/jobs.ts';
import { checkBundle, checkBundleAgain } from '../blobs/manifests.ts';
import { checkOwnHome } from '../clusters/own-home.ts';
import { transact } from '../db/open.ts';
import type { Deps } from '../deps.ts';
import { workTopic } from '../notices.ts';
import { missingBlobs } from '../store/blobs.ts';
import { type ClusterRow, findLatestCluster, findLiveCluster } from '../store/clusters.ts';
import type { JobRow } from '../store/job-progress.ts';
import { findJobByKey, insertJob } from '../store/jobs.ts';
import { appendTransition } from '../store/log.ts';
import { saveSecrets } from '../store/secrets.ts';
import { checkSubmit } from './check-spec.ts';
import { requireJob } from './find.ts';

const requireCluster = (deps: Deps, name: string): ClusterRow => {
  const cluster = findLiveCluster(deps.db, name);
  if (cluster?.state === 'up') return cluster;
  const hint = `px cluster up ${name}`;
  if (findLatestCluster(deps.db, name) === undefined) {
    throw new PxError('cluster_not_found', `There is no cluster ${name}.`, { hint });
  }
  throw new PxError('cluster_not_up', `The cluster ${name} is not up.`, { hint });
};

const checkBlobs = async (deps: Deps, spec: JobSpec): Promise<void> => {
  if (spec.bundle !== null) await checkBundle(deps, spec.bundle);
  checkSums(deps, spec);
};

const checkSums = (deps: Deps, spec: JobSpec): void => {
  if (spec.resume === null) return;
  const missing = missingBlobs(deps.db, [spec.resume.done], deps.clock.now());
  if (missing.length === 0) return;
  throw new PxError('blob_missing', 'The sums of what is done are not stored yet.', {
    hint: 'Upload them, then submit again.',
    details: { missing },
  });
};

/** Environment and secrets as they are stored. */
const sealEnv = (deps: Deps, env: JobEnv): Buffer =>
  Buffer.from(deps.sealer.seal(utf8(JSON.stringify(env))));

const insert = (
  deps: Deps,
  cluster: ClusterRow,
  spec: JobSpec,
  sealed: Buffer,
  key: string | null,
) => {
  const { db } = deps;
  const now = deps.clock.now();
  const id = makeId('j', deps.random(10));
  transact(db, () => {
    // Garbage collection may have run since they were checked; from here on the job keeps them.
    if (spec.bundle !== null) checkBundleAgain(deps, spec.bundle);
    checkSums(deps, spec);
    insertJob(db, {
      id,
      clusterId: cluster.id,
      clusterName: cluster.name,
      spec,
      state: 'queued',
      idempotencyKey: key,
      createdAt: now,
      nextCursor: 2,
    });
    saveSecrets(db, id, sealed);
    const data = { state: 'queued' as const, problem: null };
    appendTransition(db, {
      jobId: id,
      cursor: 1,
      kind: 'job',
      at: now,
      partition: null,
      attempt: null,
      data,
    });
  });
  return id;
};

/**
 * Records a job; when it returns, the job is durable. The same idempotency key again answers the
 * first one's job. Throws `cluster_not_found`, `cluster_not_up`, `bad_request`, `bundle_refused`,
 * `blob_missing` (details: {missing}).
 */
export const submitJob = async (
  deps: Deps,
  { cluster: name, spec, env }: JobSubmit,
  key: string | null,
): Promise<JobRow> => {
  const known = key === null ? undefined : findJobByKey(deps.db, key);
  if (known !== undefined) return known;
  checkOwnHome(deps);
  requireCluster(deps, name);
  checkSubmit(spec, env);
  await checkBlobs(deps, spec);
  // Looked at again: the cluster may have gone and the same request come while blobs were checked.
  const earlier = key === null ? undefined : findJobByKey(deps.db, key);
  if (earlier !== undefined) return earlier;
  const cluster = requireCluster(deps, name);
  const id = insert(deps, cluster, spec, sealEnv(deps, env), key);
  deps.notices.notify(workTopic(cluster.id));
  return requireJob(deps.db, id);
};
