import { createHash, randomBytes } from 'node:crypto';
import { jobs } from '../../control-plane/db/schema.ts';
import type { Deps } from '../../control-plane/deps.ts';
import { workTopic } from '../../control-plane/notices.ts';
import { insertCluster } from '../../control-plane/store/clusters.ts';
import { findJobRow, type JobRow } from '../../control-plane/store/job-progress.ts';
import { insertNode } from '../../control-plane/store/nodes.ts';
import { saveSecrets } from '../../control-plane/store/secrets.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { makeId } from '../../protocol/ids.ts';
import { INPUT_APPEND_MAX_BYTES, type JobSpec } from '../../protocol/messages/jobs.ts';
import { testSpec } from './job-spec.ts';
import { TestWorker } from './worker.ts';

const id = (prefix: 'j' | 'c' | 'n'): string => makeId(prefix, randomBytes(10));

/** A cluster whose nodes are ready, with a worker on each. */
export const makeCluster = (
  deps: Deps,
  slots: readonly number[],
  name?: string,
): { clusterId: string; workers: TestWorker[] } => {
  const clusterId = id('c');
  insertCluster(deps.db, {
    id: clusterId,
    name: name ?? clusterId,
    state: 'up',
    spec: {
      provider: 'local',
      nodes: slots.length,
      cpusPerNode: 1,
      idleTimeoutMs: 0,
      maxLifetimeMs: 0,
    },
    createdAt: deps.clock.now(),
  });
  const workers = slots.map((count, ordinal) => {
    const nodeId = id('n');
    insertNode(deps.db, {
      id: nodeId,
      clusterId,
      ordinal,
      name: `node-${ordinal}`,
      state: 'ready',
      slots: count,
      incarnation: 1,
      createdAt: deps.clock.now(),
    });
    return new TestWorker(deps, { nodeId, clusterId, incarnation: 1 });
  });
  return { clusterId, workers };
};

/** `line 0000000` to `line …`, each with its newline. */
export const numberedLines = (count: number): Uint8Array<ArrayBuffer> =>
  utf8(
    Array.from({ length: count }, (_, number) => `line ${String(number).padStart(7, '0')}\n`).join(
      '',
    ),
  );

/** Spec of a job with so many lines in each partition. */
export const batchOf = (size: number): Partial<JobSpec> => ({
  input: { kind: 'stdin' },
  cut: { mode: 'batch', size },
});

const sendInput = async (deps: Deps, jobId: string, bytes: Uint8Array): Promise<void> => {
  const sum = (piece: Uint8Array): string => createHash('sha256').update(piece).digest('hex');
  for (let offset = 0; offset < bytes.length; offset += INPUT_APPEND_MAX_BYTES) {
    const piece = bytes.subarray(offset, offset + INPUT_APPEND_MAX_BYTES);
    await deps.inputs.append(jobId, { offset, sha256: sum(piece), bytes: piece });
  }
  await deps.inputs.seal(jobId, { length: bytes.length, sha256: sum(bytes) });
};

/** Puts a job into the queue without its route; `input` is appended and sealed. */
export const queueJob = async (
  deps: Deps,
  clusterId: string,
  spec: Partial<JobSpec> = {},
  input: Uint8Array | null = null,
): Promise<string> => {
  const jobId = id('j');
  deps.db
    .insert(jobs)
    .values({
      id: jobId,
      clusterId,
      clusterName: clusterId,
      spec: { ...testSpec, ...spec },
      state: 'queued',
      createdAt: deps.clock.now(),
    })
    .run();
  saveSecrets(deps.db, jobId, deps.sealer.seal(utf8('{"env":{},"secrets":{}}')));
  if (input !== null) await sendInput(deps, jobId, input);
  deps.notices.notify(workTopic(clusterId));
  return jobId;
};

/** The row of a job that is there. */
export const jobRow = (deps: Deps, jobId: string): JobRow => {
  const row = findJobRow(deps.db, jobId);
  if (row === undefined) throw new Error(`Expected a job ${jobId}, found none`);
  return row;
};
