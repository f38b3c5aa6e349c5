import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asc, eq } from 'drizzle-orm';
import { log, partitions } from '../../../control-plane/db/schema.ts';
import type { Deps } from '../../../control-plane/deps.ts';
import { recordBlobs } from '../../../control-plane/store/blobs.ts';
import { PxError } from '../../../protocol/errors.ts';
import { encodeFrame } from '../../../protocol/frames.ts';
import { createTestDeps } from '../../helpers/control-plane.ts';
import { jobRow, makeCluster, queueJob } from '../../helpers/execution.ts';
import { chunk, done, type HeldLease, ranWith, started } from '../../helpers/worker.ts';

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

const logOf = (deps: Deps, jobId: string) =>
  deps.db.select().from(log).where(eq(log.jobId, jobId)).orderBy(asc(log.cursor)).all();

test('a job without input runs its partitions and succeeds', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [2]);
  const jobId = await queueJob(deps, clusterId, { parallel: 2 });
  const leases = (await worker?.claim(2)) ?? [];
  assert.deepEqual(
    leases.map(({ partition, attempt, input }) => ({ partition, attempt, input })),
    [
      { partition: 0, attempt: 1, input: 'none' },
      { partition: 1, attempt: 1, input: 'none' },
    ],
  );
  assert.equal(jobRow(deps, jobId).state, 'running');
  await worker?.report(leases.flatMap((lease) => ranWith(lease, { output: ['a', 'b'] })));
  const job = jobRow(deps, jobId);
  assert.equal(job.state, 'succeeded');
  assert.deepEqual([job.succeeded, job.leased, job.attempts, job.outputBytes], [2, 0, 2, 4]);
  assert.deepEqual(
    logOf(deps, jobId).map(({ kind }) => kind),
    ['job', 'chunk', 'chunk', 'committed', 'chunk', 'chunk', 'committed', 'job'],
  );
});

test('an attempt counts whatever its first word is: a start, output or its end', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [3]);
  const jobId = await queueJob(deps, clusterId, { parallel: 3 });
  const [first, second, third] = (await worker?.claim(3)) ?? [];
  assert.ok(first && second && third);
  await worker?.report([started(first), chunk(second, 0, 'a'), done(third)]);
  assert.equal(jobRow(deps, jobId).attempts, 3);
  await worker?.report([done(first), done(second, { output: ['a'] })]);
  const job = jobRow(deps, jobId);
  assert.deepEqual([job.state, job.attempts], ['succeeded', 3]);
});

test('a report that was sent twice is acknowledged twice and recorded once', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [1]);
  const jobId = await queueJob(deps, clusterId);
  const lease = only((await worker?.claim(1)) ?? []);
  const said = ranWith(lease, { output: ['one', 'two'] });
  const first = await worker?.report(said);
  const rows = logOf(deps, jobId);
  const second = await worker?.report(said);
  assert.deepEqual(second, first);
  assert.deepEqual(logOf(deps, jobId), rows);
  assert.equal(jobRow(deps, jobId).outputBytes, 6);
});

test('the same report twice at the same moment is recorded once', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [1]);
  const jobId = await queueJob(deps, clusterId);
  const lease = only((await worker?.claim(1)) ?? []);
  const said = ranWith(lease, { output: ['one'] });
  const both = await Promise.all([worker?.report(said), worker?.report(said)]);
  assert.deepEqual(
    both.flat().map((result) => result?.status),
    ['ok', 'ok'],
  );
  assert.equal(logOf(deps, jobId).filter(({ kind }) => kind === 'chunk').length, 1);
  assert.equal(jobRow(deps, jobId).succeeded, 1);
});

test('a gap is answered with the seq that is expected, and what follows it is not recorded', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [1]);
  const jobId = await queueJob(deps, clusterId);
  const lease = only((await worker?.claim(1)) ?? []);
  const [gap] =
    (await worker?.report([
      started(lease),
      chunk(lease, 0, 'a'),
      chunk(lease, 2, 'c'),
      done(lease, { output: ['a', 'b', 'c'] }),
    ])) ?? [];
  assert.deepEqual([gap?.status, gap?.seq], ['gap', 1]);
  assert.equal(jobRow(deps, jobId).succeeded, 0);
  const [ok] =
    (await worker?.report([
      chunk(lease, 1, 'b'),
      chunk(lease, 2, 'c'),
      done(lease, { output: ['a', 'b', 'c'] }),
    ])) ?? [];
  assert.deepEqual([ok?.status, ok?.seq], ['ok', 3]);
  assert.equal(jobRow(deps, jobId).state, 'succeeded');
});

test('a completion that counts more chunks than came asks for the missing ones', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [1]);
  const jobId = await queueJob(deps, clusterId);
  const lease = only((await worker?.claim(1)) ?? []);
  const end = done(lease, { output: ['a', 'b'] });
  const [result] = (await worker?.report([chunk(lease, 0, 'a'), end])) ?? [];
  assert.deepEqual([result?.status, result?.seq], ['gap', 1]);
  const [ok] = (await worker?.report([chunk(lease, 0, 'a'), chunk(lease, 1, 'b'), end])) ?? [];
  assert.deepEqual([ok?.status, ok?.seq], ['ok', 2]);
  assert.equal(logOf(deps, jobId).filter(({ kind }) => kind === 'chunk').length, 2);
  assert.equal(jobRow(deps, jobId).attempts, 1);
  assert.equal(jobRow(deps, jobId).outputBytes, 2);
});

test('a completion whose sum is not that of its chunks does not count, and the partition runs again', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [1]);
  const jobId = await queueJob(deps, clusterId);
  const lease = only((await worker?.claim(1)) ?? []);
  const [result] =
    (await worker?.report([chunk(lease, 0, 'a'), done(lease, { output: ['b'] })])) ?? [];
  assert.equal(result?.status, 'stale');
  assert.equal(jobRow(deps, jobId).succeeded, 0);
  assert.equal(only((await worker?.claim(1)) ?? []).attempt, 2);
});

test('a damaged chunk is refused as a whole report', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [1]);
  const jobId = await queueJob(deps, clusterId);
  const lease = only((await worker?.claim(1)) ?? []);
  const [header] = chunk(lease, 0, 'right');
  await assert.rejects(
    async () => worker?.report([started(lease), [header, Buffer.from('wrong')]]),
    isCode('hash_mismatch'),
  );
  assert.equal(jobRow(deps, jobId).attempts, 0);
});

test('a body that is cut off commits nothing', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [1]);
  const jobId = await queueJob(deps, clusterId);
  const lease = only((await worker?.claim(1)) ?? []);
  const whole = Buffer.concat([encodeFrame(started(lease)[0]), encodeFrame(done(lease)[0])]);
  await assert.rejects(
    async () => worker?.reportBytes(whole.subarray(0, -3)),
    isCode('bad_request'),
  );
  assert.equal(jobRow(deps, jobId).attempts, 0);
});

test('a stale epoch changes nothing', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker, other],
  } = makeCluster(deps, [1, 1]);
  const jobId = await queueJob(deps, clusterId);
  const old = only((await worker?.claim(1)) ?? []);
  await worker?.report([[{ t: 'released', job: old.job, partition: 0, epoch: old.epoch }]]);
  const current = only((await other?.claim(1)) ?? []);
  const before = { job: jobRow(deps, jobId), rows: rowsOf(deps, jobId), log: logOf(deps, jobId) };
  const [result] = (await worker?.report(ranWith(old, { output: ['zombie'] }))) ?? [];
  assert.equal(result?.status, 'stale');
  assert.deepEqual(
    { job: jobRow(deps, jobId), rows: rowsOf(deps, jobId), log: logOf(deps, jobId) },
    before,
  );
  const [stolen] = (await worker?.report(ranWith(current))) ?? [];
  assert.equal(stolen?.status, 'stale', 'nor does the epoch of another node');
  assert.deepEqual(await worker?.renew([old]), [{ job: old.job, partition: 0, epoch: old.epoch }]);
  assert.deepEqual(await other?.renew([current]), []);
});

test('a refused lease fails the job with the words of the node', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [2]);
  const jobId = await queueJob(deps, clusterId, { parallel: 5 });
  const [lease] = (await worker?.claim(2)) ?? [];
  if (lease === undefined) throw new Error('Expected a lease');
  await worker?.report([
    [
      {
        t: 'refused',
        job: jobId,
        partition: lease.partition,
        epoch: lease.epoch,
        code: 'setup_failed',
        message: 'setup: exit 1',
      },
    ],
  ]);
  const job = jobRow(deps, jobId);
  assert.deepEqual(
    [job.state, job.problemCode, job.problemMessage],
    ['failed', 'setup_failed', 'setup: exit 1'],
  );
  assert.deepEqual([job.leased, job.pending, job.canceled], [0, 0, 5]);
});

test('collected files are recorded with the completion, and a missing blob refuses it', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [1]);
  const jobId = await queueJob(deps, clusterId);
  const lease = only((await worker?.claim(1)) ?? []);
  const sha256 = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
  const collected = [
    {
      path: 'b3V0',
      mode: 0o644,
      size: 5,
      sha256,
      version: 1,
      writers: [{ partition: 0, attempt: 1 }],
    },
  ];
  await assert.rejects(
    async () => worker?.report(ranWith(lease, { collected })),
    isCode('blob_missing'),
  );
  assert.equal(jobRow(deps, jobId).succeeded, 0);
  await deps.blobs.put(
    sha256,
    (async function* () {
      yield Buffer.from('hello');
    })(),
  );
  recordBlobs(deps.db, new Map([[sha256, 5]]), deps.clock.now());
  const [result] = (await worker?.report(ranWith(lease, { collected }))) ?? [];
  assert.equal(result?.status, 'ok');
  const files = deps.db.query.collected.findMany().sync();
  assert.deepEqual(
    files.map(({ path, nodeId, version }) => [path.toString(), nodeId, version]),
    [['out', worker?.nodeId, 1]],
  );
});

test('reports that come together share one commit', async (t) => {
  const points: string[] = [];
  const deps = createTestDeps(t, { faultPoint: (name) => points.push(name) });
  const { clusterId, workers } = makeCluster(deps, [1, 1, 1, 1]);
  const jobId = await queueJob(deps, clusterId, { parallel: 4 });
  const leases = (await Promise.all(workers.map((worker) => worker.claim(1)))).flat();
  await Promise.all(
    workers.map((worker, at) => worker.report(ranWith(leases[at] ?? only([]), { output: ['x'] }))),
  );
  assert.equal(jobRow(deps, jobId).succeeded, 4);
  const commits = points.filter((name) => name === 'before-commit').length;
  assert.equal(commits < 4, true, `${commits} commits`);
});

test('a full disk refuses the report, and the same report is fine once it healed', async (t) => {
  const deps = createTestDeps(t);
  const { segments } = deps;
  let isFull = true;
  deps.segments = {
    ...segments,
    write: async (...args) => {
      if (isFull) throw new PxError('disk_full', 'full');
      return await segments.write(...args);
    },
  };
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [1]);
  const jobId = await queueJob(deps, clusterId);
  const lease = only((await worker?.claim(1)) ?? []);
  const said = ranWith(lease, { output: ['x'] });
  await assert.rejects(async () => worker?.report(said), isCode('disk_full'));
  isFull = false;
  const [result] = (await worker?.report(said)) ?? [];
  assert.equal(result?.status, 'ok');
  assert.equal(jobRow(deps, jobId).state, 'succeeded');
});
