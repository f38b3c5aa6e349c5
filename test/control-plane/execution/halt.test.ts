import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitOf } from '../../../control-plane/scheduler/exit.ts';
import { findPartition } from '../../../control-plane/store/partitions.ts';
import type { Outcome } from '../../../protocol/messages/jobs.ts';
import { createTestDeps } from '../../helpers/control-plane.ts';
import { assertCounted } from '../../helpers/counters.ts';
import { batchOf, jobRow, makeCluster, numberedLines, queueJob } from '../../helpers/execution.ts';
import { testSpec } from '../../helpers/job-spec.ts';
import { keyOf, ranWith, type Said, started } from '../../helpers/worker.ts';

const exit = (code: number): Outcome => ({ kind: 'exit', code });

test('halt=soon lets what runs end and calls off the rest', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [2]);
  const limits = { ...testSpec.limits, halt: { when: 'soon' as const, fail: { count: 1 } } };
  const jobId = await queueJob(deps, clusterId, { ...batchOf(1), limits }, numberedLines(10));
  const [one, two] = (await worker?.claim(2)) ?? [];
  if (one === undefined || two === undefined) throw new Error('Expected two leases');
  await worker?.report(ranWith(one, { outcome: exit(9) }));
  assert.equal(jobRow(deps, jobId).state, 'running');
  assert.deepEqual(await worker?.claim(1), []);
  await worker?.report(ranWith(two));
  const job = jobRow(deps, jobId);
  assert.deepEqual([job.state, job.succeeded, job.failed, job.canceled], ['failed', 1, 1, 8]);
  assert.equal(exitOf({ ...job, state: 'failed' }), 9);
});

test('halt=soon asks for what waits on a node, and cancels what comes back', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [4]);
  const limits = { ...testSpec.limits, halt: { when: 'soon' as const, fail: { count: 1 } } };
  const jobId = await queueJob(deps, clusterId, { ...batchOf(1), limits }, numberedLines(10));
  const [one, two, three, four] = (await worker?.claim(4)) ?? [];
  if (one === undefined || two === undefined || three === undefined || four === undefined) {
    throw new Error('Expected four leases');
  }
  await worker?.report([started(two)]);
  const waiting = worker?.control([two, three, four], 10_000);
  await worker?.report(ranWith(one, { outcome: exit(9) }));
  const reply = await waiting;
  assert.deepEqual(reply?.revoke, []);
  assert.deepEqual(
    reply?.release?.map(({ partition }) => partition),
    [three.partition, four.partition],
  );
  // It had started the last one meanwhile: that one counts.
  const returned: Said = [{ t: 'released', ...keyOf(three) }];
  await worker?.report([returned, ...ranWith(four), ...ranWith(two)]);
  const job = jobRow(deps, jobId);
  assert.deepEqual([job.state, job.succeeded, job.failed, job.canceled], ['failed', 2, 1, 7]);
  assert.equal(findPartition(deps.db, jobId, three.partition)?.state, 'canceled');
  assertCounted(deps, jobId);
});

test('halt=now kills what runs', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [2]);
  const limits = { ...testSpec.limits, halt: { when: 'now' as const, fail: { percent: 10 } } };
  const jobId = await queueJob(deps, clusterId, { ...batchOf(1), limits }, numberedLines(10));
  const [one, two] = (await worker?.claim(2)) ?? [];
  if (one === undefined || two === undefined) throw new Error('Expected two leases');
  await worker?.report([started(two), ...ranWith(one, { outcome: exit(9) })]);
  const job = jobRow(deps, jobId);
  assert.deepEqual([job.state, job.failed, job.canceled, job.leased], ['failed', 1, 9, 0]);
  assert.deepEqual(
    (await worker?.control([two]))?.revoke.map(({ partition }) => partition),
    [two.partition],
  );
  const [late] = (await worker?.report(ranWith(two))) ?? [];
  assert.equal(late?.status, 'stale');
});
