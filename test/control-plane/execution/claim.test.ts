import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { asc, eq } from 'drizzle-orm';
import { transact } from '../../../control-plane/db/open.ts';
import { partitions } from '../../../control-plane/db/schema.ts';
import type { Deps } from '../../../control-plane/deps.ts';
import { createExecution } from '../../../control-plane/execution/state.ts';
import { rosterOf, updateNode } from '../../../control-plane/store/nodes.ts';
import { PxError } from '../../../protocol/errors.ts';
import { createTestDeps } from '../../helpers/control-plane.ts';
import { batchOf, jobRow, makeCluster, numberedLines, queueJob } from '../../helpers/execution.ts';
import { type HeldLease, ranWith } from '../../helpers/worker.ts';

const isCode = (code: string) => (error: unknown) =>
  error instanceof PxError && error.code === code;

const only = (leases: readonly HeldLease[]): HeldLease => {
  const [lease] = leases;
  if (lease === undefined || leases.length > 1)
    throw new Error(`Expected one, got ${leases.length}`);
  return lease;
};

const rowsOf = (deps: Deps, jobId: string) =>
  deps.db
    .select()
    .from(partitions)
    .where(eq(partitions.jobId, jobId))
    .orderBy(asc(partitions.number))
    .all();

/** The control plane after a restart: the same files, nothing in memory, a new generation. */
const restarted = (deps: Deps): Deps => ({
  ...deps,
  generation: randomBytes(8).toString('hex'),
  execution: createExecution(),
});

test('small inputs travel inside the claim, byte for byte', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [4]);
  await queueJob(deps, clusterId, batchOf(3), numberedLines(10));
  const leases = (await worker?.claim(4)) ?? [];
  assert.deepEqual(Buffer.concat(leases.map(({ body }) => body)), Buffer.from(numberedLines(10)));
  assert.deepEqual(
    leases.map(({ firstLine, lines }) => [firstLine, lines]),
    [
      [0, 3],
      [3, 3],
      [6, 3],
      [9, 1],
    ],
  );
});

test('a large input is fetched by its lease, and by nobody else', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker, other],
  } = makeCluster(deps, [1, 1]);
  const input = numberedLines(10_000);
  const jobId = await queueJob(deps, clusterId, batchOf(10_000), input);
  const lease = only((await worker?.claim(1)) ?? []);
  assert.equal(lease.input, 'fetch');
  assert.deepEqual(Buffer.from((await worker?.input(lease)) ?? []), Buffer.from(input));
  await assert.rejects(async () => other?.input(lease), isCode('stale_lease'));
  await worker?.report(ranWith(lease));
  assert.match(rowsOf(deps, jobId)[0]?.hash ?? '', /^[0-9a-f]{64}$/);
});

test('the same nonce gets the same leases, another one gets new ones', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [4]);
  await queueJob(deps, clusterId, { parallel: 4 });
  const nonce = 'nonce-nonce';
  const first = await worker?.claim(2, { nonce });
  const again = await worker?.claim(2, { nonce });
  assert.deepEqual(again, first);
  const next = await worker?.claim(2, { nonce: 'other-nonce' });
  assert.deepEqual(
    next?.map(({ partition }) => partition),
    [2, 3],
  );
});

test('a claim that was given up and comes after its successor gets nothing', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [4]);
  await queueJob(deps, clusterId, batchOf(1), numberedLines(10));
  const first = (await worker?.claim(2, { nonce: 'first-nonce' })) ?? [];
  const next = (await worker?.claim(2, { nonce: 'next-nonce' })) ?? [];
  assert.deepEqual([first.length, next.length], [2, 2]);
  assert.deepEqual(await worker?.claim(2, { nonce: 'first-nonce' }), []);
  const repeated = (await worker?.claim(2, { nonce: 'next-nonce' })) ?? [];
  assert.deepEqual(
    repeated.map(({ epoch }) => epoch),
    next.map(({ epoch }) => epoch),
  );
});

test('after a restart a claim is answered with what the node holds unstarted, under the old epoch', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [2]);
  const jobId = await queueJob(deps, clusterId, { parallel: 2 });
  const before = (await worker?.claim(2)) ?? [];
  const later = restarted(deps);
  const after = (await worker?.on(later).claim(2)) ?? [];
  assert.deepEqual(after, before);
  const results = await worker?.on(later).report(after.flatMap((lease) => ranWith(lease)));
  assert.deepEqual(
    results?.map(({ status }) => status),
    ['ok', 'ok'],
  );
  assert.equal(jobRow(deps, jobId).state, 'succeeded');
});

test('a released lease counts as nothing, and the attempt number goes on', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [1]);
  const jobId = await queueJob(deps, clusterId);
  const first = only((await worker?.claim(1)) ?? []);
  await worker?.report([[{ t: 'released', job: jobId, partition: 0, epoch: first.epoch }]]);
  const [row] = rowsOf(deps, jobId);
  assert.deepEqual([row?.state, row?.failures, row?.crashes, row?.losses], ['pending', 0, 0, 0]);
  const second = only((await worker?.claim(1)) ?? []);
  assert.equal(second.attempt, 2);
  await worker?.report(ranWith(second));
  assert.equal(jobRow(deps, jobId).attempts, 1);
});

test('a thousand claims at once give each partition one holder', async (t) => {
  const deps = createTestDeps(t);
  const { clusterId, workers } = makeCluster(deps, Array<number>(20).fill(50));
  await queueJob(deps, clusterId, batchOf(1), numberedLines(1000));
  const claims = Array.from({ length: 1000 }, (_, at) => workers[at % 20]?.claim(1) ?? []);
  const leases = (await Promise.all(claims)).flat();
  assert.equal(leases.length, 1000);
  assert.equal(new Set(leases.map(({ partition }) => partition)).size, 1000);
  assert.equal(new Set(leases.map(({ epoch }) => epoch)).size, 1000);
});

test('a claim waits for work and gets it when it comes', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [1]);
  const waiting = worker?.claim(1, { waitMs: 10_000 });
  const jobId = await queueJob(deps, clusterId);
  assert.equal(only((await waiting) ?? []).job, jobId);
});

test('a node learns of a job only while it holds a lease of it', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker, other],
  } = makeCluster(deps, [1, 1]);
  const jobId = await queueJob(deps, clusterId);
  const lease = only((await worker?.claim(1)) ?? []);
  assert.deepEqual((await worker?.job(jobId))?.env, { env: {}, secrets: {} });
  await assert.rejects(async () => other?.job(jobId), isCode('stale_lease'));
  await worker?.report(ranWith(lease));
  await assert.rejects(async () => worker?.job(jobId), isCode('stale_lease'));
});

test('a repeated claim ends the one before, which is answered with nothing', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [1]);
  const nonce = 'n'.repeat(16);
  const lost = worker?.claim(1, { nonce, waitMs: 10_000 });
  const repeated = worker?.claim(1, { nonce, waitMs: 10_000 });
  assert.deepEqual(await lost, []);
  const jobId = await queueJob(deps, clusterId);
  assert.equal(only((await repeated) ?? []).job, jobId);
});

test('a node that becomes ready or stops being so is seen by the next claim', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [1]);
  await queueJob(deps, clusterId, batchOf(1), numberedLines(2));
  const { nodeId = '' } = worker ?? {};
  assert.equal((await worker?.claim(1))?.length, 1);
  updateNode(deps.db, nodeId, { state: 'draining' });
  assert.equal((await worker?.claim(1))?.length, 0);
  updateNode(deps.db, nodeId, { state: 'ready' });
  assert.equal((await worker?.claim(1))?.length, 1);
});

test('what a transaction that failed said of the nodes is forgotten', async (t) => {
  const deps = createTestDeps(t);
  const { clusterId, workers } = makeCluster(deps, [1, 1]);
  const { nodeId = '' } = workers[0] ?? {};
  assert.equal(rosterOf(deps.db, clusterId).ready.length, 2);
  assert.throws(() =>
    transact(deps.db, () => {
      updateNode(deps.db, nodeId, { state: 'lost' });
      assert.equal(rosterOf(deps.db, clusterId).ready.length, 1);
      throw new Error('undone');
    }),
  );
  assert.equal(rosterOf(deps.db, clusterId).ready.length, 2);
});
