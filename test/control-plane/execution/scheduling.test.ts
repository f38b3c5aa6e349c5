import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { asc, eq } from 'drizzle-orm';
import { partitions } from '../../../control-plane/db/schema.ts';
import type { Deps } from '../../../control-plane/deps.ts';
import { settleJob } from '../../../control-plane/execution/cancel.ts';
import { freeNode, loseNode } from '../../../control-plane/execution/lose.ts';
import { createTestDeps } from '../../helpers/control-plane.ts';
import { batchOf, jobRow, makeCluster, numberedLines, queueJob } from '../../helpers/execution.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';
import { type HeldLease, ranWith, started, type TestWorker } from '../../helpers/worker.ts';

const claim = async (worker: TestWorker | undefined, idle: number, queued = 0) =>
  (await worker?.claim(idle, { queued })) ?? [];

const finish = async (
  worker: TestWorker | undefined,
  leases: readonly HeldLease[],
  runtimeMs = 5000,
): Promise<void> => {
  await worker?.report(leases.flatMap((lease) => ranWith(lease, { runtimeMs })));
};

const rowsOf = (deps: Deps, jobId: string) =>
  deps.db
    .select()
    .from(partitions)
    .where(eq(partitions.jobId, jobId))
    .orderBy(asc(partitions.number))
    .all();

test('jobs are first in, first out, and the second fills the slots that the first cannot use', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [4]);
  const first = await queueJob(deps, clusterId, batchOf(1), numberedLines(3));
  const second = await queueJob(deps, clusterId, batchOf(1), numberedLines(9));
  const leases = await claim(worker, 2);
  assert.deepEqual(
    leases.map(({ job }) => job),
    [first, first],
  );
  const rest = await claim(worker, 2);
  assert.deepEqual(
    rest.map(({ job }) => job),
    [first, second],
  );
});

test('-p spreads over the nodes by their slots', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [small, large],
  } = makeCluster(deps, [2, 4]);
  await queueJob(deps, clusterId, { ...batchOf(1), parallel: 3 }, numberedLines(20));
  const onSmall = await claim(small, 2);
  const onLarge = await claim(large, 4);
  assert.deepEqual([onSmall.length, onLarge.length], [1, 2]);
  assert.deepEqual(await claim(large, 2), [], 'no more while they run');
  await finish(large, onLarge.slice(0, 1), 1);
  assert.equal((await claim(large, 3)).length, 1);
});

test('-p above the slots opens extra ones for that job alone', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [2]);
  const wide = await queueJob(deps, clusterId, { ...batchOf(1), parallel: 5 }, numberedLines(20));
  const next = await queueJob(deps, clusterId, batchOf(1), numberedLines(20));
  const leases = await claim(worker, 2);
  assert.deepEqual(
    leases.map(({ job, beside }) => [job, beside]),
    [
      [wide, false],
      [wide, false],
      [wide, true],
      [wide, true],
      [wide, true],
    ],
  );
  assert.deepEqual(await claim(worker, 0), []);
  await finish(worker, leases.slice(2, 4));
  const more = await claim(worker, 0);
  assert.deepEqual(
    more.map(({ job, beside }) => [job, beside]),
    [
      [wide, true],
      [wide, true],
    ],
  );
  assert.equal(jobRow(deps, next).state, 'queued');
});

test('partitions of a millisecond come in batches, those of seconds one for a slot', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [2]);
  await queueJob(deps, clusterId, batchOf(1), numberedLines(5000));
  const first = await claim(worker, 2);
  assert.equal(first.length, 2, 'nothing ahead while the runtime is unknown');
  await finish(worker, first, 1);
  const batch = await claim(worker, 2);
  assert.equal(batch.length > 100, true, `${batch.length} leases`);
  await finish(worker, batch, 60_000);
  assert.equal((await claim(worker, 2)).length, 2);
});

test('an idle node takes over what another one has not started', async (t) => {
  const clock = createManualClock();
  const deps = createTestDeps(t, { clock });
  const {
    clusterId,
    workers: [worker, idle],
  } = makeCluster(deps, [2, 2]);
  const jobId = await queueJob(deps, clusterId, batchOf(1), numberedLines(22));
  await finish(worker, await claim(worker, 2), 100);
  const held = await claim(worker, 2);
  while (jobRow(deps, jobId).nextPartition < 22) held.push(...(await claim(worker, 0, 0)));
  await worker?.report(held.slice(0, 2).map(started));
  clock.advance(500);
  const waiting = idle?.claim(2, { waitMs: 60_000 });
  const asked = await worker?.control(held, 60_000);
  assert.equal(asked?.release?.length, 2);
  assert.deepEqual(asked?.revoke, []);
  await worker?.report((asked?.release ?? []).map((key) => [{ t: 'released', ...key }]));
  const stolen = (await waiting) ?? [];
  assert.deepEqual(
    stolen.map(({ partition }) => partition).sort(),
    asked?.release?.map(({ partition }) => partition).sort(),
  );
  assert.deepEqual(
    stolen.map(({ attempt }) => attempt),
    [2, 2],
  );
});

test('a lagging reader stops new leases, and the head of --order is exempt', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [4]);
  const jobId = await queueJob(deps, clusterId, { ...batchOf(1), order: true }, numberedLines(9));
  const reader = deps.pace.attach(jobId);
  reader.lag(65 << 20);
  const head = await claim(worker, 4);
  assert.deepEqual(
    head.map(({ partition }) => partition),
    [0],
  );
  assert.deepEqual(await claim(worker, 3), []);
  await finish(worker, head);
  assert.deepEqual(
    (await claim(worker, 4)).map(({ partition }) => partition),
    [1],
  );
  reader.end();
  assert.deepEqual(
    (await claim(worker, 3)).map(({ partition }) => partition),
    [2, 3, 4],
  );
});

test('a job for every node runs once on each, beside the slots', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [one, two, gone],
  } = makeCluster(deps, [1, 1, 1]);
  await queueJob(deps, clusterId, batchOf(1), numberedLines(9));
  const busy = await claim(one, 1);
  const jobId = await queueJob(deps, clusterId, { everyNode: true });
  const onOne = await claim(one, 0);
  const onTwo = await claim(two, 0);
  assert.deepEqual(
    [...busy, ...onOne, ...onTwo].map(({ partition, beside }) => [partition, beside]),
    [
      [0, false],
      [0, true],
      [1, true],
    ],
  );
  await finish(one, onOne);
  await finish(two, onTwo);
  assert.equal(jobRow(deps, jobId).state, 'running');
  loseNode(deps, gone?.nodeId ?? '');
  const job = jobRow(deps, jobId);
  assert.deepEqual([job.state, job.succeeded, job.failed], ['failed', 2, 1]);
  freeNode(deps, gone?.nodeId ?? '');
});

test('a resumed job runs only what is not done, by hash and not by number', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [4]);
  const earlier = await queueJob(deps, clusterId, batchOf(1), numberedLines(300));
  await finish(worker, await claim(worker, 300));
  const hashes = rowsOf(deps, earlier).map(({ hash }) => hash ?? '');
  assert.equal(new Set(hashes).size, 300);
  const sums = Buffer.from(hashes.filter((_, at) => at % 100 !== 7).join(''), 'hex');
  const doneBlob = createHash('sha256').update(sums).digest('hex');
  await deps.blobs.put(
    doneBlob,
    (async function* () {
      yield sums;
    })(),
  );
  // The input has one more line in front: every number is another one.
  const input = Buffer.concat([Buffer.from('a new line\n'), numberedLines(300)]);
  const resume = { job: earlier, done: doneBlob };
  const jobId = await queueJob(deps, clusterId, { ...batchOf(1), resume }, input);
  const leases = await claim(worker, 10);
  const more = leases.length < 4 ? await claim(worker, 10) : [];
  const all = [...leases, ...more];
  assert.deepEqual(
    all.map(({ partition }) => partition),
    [0, 8, 108, 208],
  );
  await finish(worker, all);
  assert.deepEqual(await claim(worker, 4), [], 'what is left was done before');
  const job = jobRow(deps, jobId);
  assert.deepEqual([job.state, job.succeeded, job.attempts], ['succeeded', 301, 4]);
});

test('a resumed job whose sums are gone fails, and the jobs behind it run', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [1]);
  const resume = { job: null, done: '0'.repeat(64) };
  const broken = await queueJob(deps, clusterId, { ...batchOf(1), resume }, numberedLines(3));
  const next = await queueJob(deps, clusterId, batchOf(1), numberedLines(1));
  const [first] = await claim(worker, 1);
  assert.equal(first?.job, next);
  await finish(worker, first === undefined ? [] : [first]);
  assert.deepEqual(await claim(worker, 1), []);
  const { state, problemCode } = jobRow(deps, broken);
  assert.deepEqual([state, problemCode], ['failed', 'blob_missing']);
});

test('a glob is evaluated on one node first, and again on another when that one is lost', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [one, two],
  } = makeCluster(deps, [2, 2]);
  const input = { kind: 'files' as const, glob: 'Kg==', template: null };
  const jobId = await queueJob(deps, clusterId, { input, cut: { mode: 'batch', size: 1 } });
  const [first] = await claim(one, 2);
  assert.deepEqual([first?.kind, first?.partition, first?.attempt], ['glob', 0, 1]);
  assert.deepEqual(await claim(two, 2), []);
  loseNode(deps, one?.nodeId ?? '');
  const [second] = (await two?.claim(2, { waitMs: 5000 })) ?? [];
  if (second === undefined) throw new Error('Expected the glob again');
  assert.equal(second.kind, 'glob');
  const names = Buffer.from('a\0b\0');
  const sha256 = createHash('sha256').update(names).digest('hex');
  await deps.inputs.append(jobId, { offset: 0, sha256, bytes: names });
  await deps.inputs.seal(jobId, { length: names.length, sha256 });
  await finish(two, [second]);
  const leases = await claim(two, 2);
  assert.deepEqual(
    leases.map(({ kind, body }) => [kind, Buffer.from(body).toString()]),
    [
      ['run', 'a\0'],
      ['run', 'b\0'],
    ],
  );
  await finish(two, leases);
  assert.equal(jobRow(deps, jobId).state, 'succeeded');
});

test('a glob that cannot be evaluated fails the job', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [2]);
  const input = { kind: 'files' as const, glob: 'Kg==', template: null };
  const jobId = await queueJob(deps, clusterId, { input });
  const [lease] = await claim(worker, 2);
  if (lease === undefined) throw new Error('Expected the glob');
  await worker?.report(ranWith(lease, { outcome: { kind: 'exit', code: 2 } }));
  assert.deepEqual(
    [jobRow(deps, jobId).state, jobRow(deps, jobId).problemCode],
    ['failed', 'bad_input'],
  );
});

test('an empty input is a success without partitions', async (t) => {
  const deps = createTestDeps(t);
  const { clusterId } = makeCluster(deps, [1]);
  const jobId = await queueJob(deps, clusterId, batchOf(1), new Uint8Array());
  settleJob(deps, jobId);
  const job = jobRow(deps, jobId);
  assert.deepEqual([job.state, job.partitions], ['succeeded', 0]);
});
