import { show } from '../../protocol/bytes.ts';
import { PxError } from '../../protocol/errors.ts';
import { JobEnv } from '../../protocol/messages/jobs.ts';
import type { WorkerJob } from '../../protocol/messages/worker.ts';
import type { Deps } from '../deps.ts';
import { isDamage } from '../input/damage.ts';
import { findJobRow } from '../store/job-progress.ts';
import { findPartition } from '../store/partitions.ts';
import { findSecrets } from '../store/secrets.ts';
import { takeBack } from './damage.ts';
import { hashWhile } from './hash.ts';
import { leasesOf } from './leases.ts';
import { ownLease } from './renew.ts';

const stale = (jobId: string): PxError =>
  new PxError('stale_lease', `This node holds no such lease of job ${jobId}.`);

/** What a node must know of a job that it holds a lease of. Throws `stale_lease`. */
export const describeJob = (deps: Deps, nodeId: string, jobId: string): WorkerJob => {
  const isHeld = [...leasesOf(deps).ofNode(nodeId)].some((lease) => lease.jobId === jobId);
  const job = isHeld ? findJobRow(deps.db, jobId) : undefined;
  const sealed = isHeld ? findSecrets(deps.db, jobId) : undefined;
  if (job === undefined || sealed === undefined) throw stale(jobId);
  const { command, input, bundle, workdir, limits, collect, setup, everyNode } = job.spec;
  const env = JobEnv.parse(JSON.parse(show(deps.sealer.open(sealed))));
  const { timeoutMs, crashRetries } = limits;
  const what = { job: jobId, command, input, bundle, workdir, collect, setup, everyNode, env };
  return { ...what, timeoutMs, crashRetries };
};

/**
 * The input of a partition that the node holds the lease of. Throws `stale_lease`, `input_damaged`
 * (then the lease is over too).
 */
export const streamInput = async (
  deps: Deps,
  nodeId: string,
  key: { job: string; partition: number; epoch: string },
): Promise<ReadableStream<Uint8Array>> => {
  const lease = ownLease(deps, nodeId, key);
  const row = lease === undefined ? undefined : findPartition(deps.db, key.job, key.partition);
  const job = findJobRow(deps.db, key.job);
  if (lease === undefined || lease.glob || row === undefined || job === undefined) {
    throw stale(key.job);
  }
  try {
    await deps.inputs.check(key.job, row);
  } catch (cause) {
    if (isDamage(cause)) takeBack(deps, [lease]);
    throw cause;
  }
  const sum = hashWhile(job.spec.command, (hash) => {
    lease.hash ??= hash;
  });
  return deps.inputs.stream(key.job, row).pipeThrough(sum);
};
