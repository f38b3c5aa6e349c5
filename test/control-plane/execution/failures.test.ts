import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asc, eq } from 'drizzle-orm';
import { log, partitions } from '../../../control-plane/db/schema.ts';
import type { Deps } from '../../../control-plane/deps.ts';
import { cancelJob, failJob } from '../../../control-plane/execution/cancel.ts';
import { expireLeases } from '../../../control-plane/execution/expire.ts';
import { joinNode } from '../../../control-plane/execution/join.ts';
import { loseNode } from '../../../control-plane/execution/lose.ts';
import { retryJob } from '../../../control-plane/execution/retry.ts';
import { exitOf } from '../../../control-plane/scheduler/exit.ts';
import { setClusterState } from '../../../control-plane/store/clusters.ts';
import { findSecrets } from '../../../control-plane/store/secrets.ts';
import { PxError } from '../../../protocol/errors.ts';
import type { Outcome } from '../../../protocol/messages/jobs.ts';
import { createTestDeps } from '../../helpers/control-plane.ts';
import { assertCounted } from '../../helpers/counters.ts';
import { batchOf, jobRow, makeCluster, numberedLines, queueJob } from '../../helpers/execution.ts';
import { testSpec } from '../../helpers/job-spec.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';
import { testSettings } from '../../helpers/stand-ins.ts';
import { EXIT_0, type HeldLease, ranWith, started, type TestWorker } from '../../helpers/worker.ts';

const ENV = { env: {}, secrets: {} };
const exit = (code: number): Outcome => ({ kind: 'exit', code });

const rowsOf = (deps: Deps, jobId: string) =>
  deps.db
    .select()
    .from(partitions)
    .where(eq(partitions.jobId, jobId))
    .orderBy(asc(partitions.number))
    .all();

const kindsOf = (deps: Deps, jobId: string, partition: number) =>
  deps.db
    .select()
    .from(log)
    .where(eq(log.jobId, jobId))
    .orderBy(asc(log.cursor))
    .all()
    .filter((row) => row.partition === partition)
    .map(({ kind, attempt }) => `${kind} ${attempt}`);

/** Claims and reports until the job is over; `end` says how each attempt ends. */
const runOut = async (
  worker: TestWorker | undefined,
  end: (lease: HeldLease) => Outcome,
): Promise<HeldLease[]> => {
  const all: HeldLease[] = [];
  for (;;) {
    const leases = (await worker?.claim(4)) ?? [];
    if (leases.length === 0) return all;
    all.push(...leases);
    await worker?.report(leases.flatMap((lease) => ranWith(lease, { outcome: end(lease) })));
  }
};

test('a failing partition is tried again as often as --retries says', async (t) => {
  const deps = createTestDeps(t);
  const { clusterId, workers } = makeCluster(deps, [4]);
  const limits = { ...testSpec.limits, retries: 2 };
  const jobId = await queueJob(deps, clusterId, { limits });
  const leases = await runOut(workers[0], () => exit(3));
  assert.deepEqual(
    leases.map(({ attempt }) => attempt),
    [1, 2, 3],
  );
  const job = jobRow(deps, jobId);
  assert.deepEqual([job.state, job.failed, job.failedStatus, job.attempts], ['failed', 1, 3, 3]);
  assert.deepEqual(kindsOf(deps, jobId, 0), ['superseded 1', 'superseded 2', 'committed 3']);
});

test('a crash is tried again twice, apart from --retries', async (t) => {
  const deps = createTestDeps(t);
  const { clusterId, workers } = makeCluster(deps, [4]);
  const jobId = await queueJob(deps, clusterId);
  const leases = await runOut(workers[0], () => ({ kind: 'signal', signal: 11 }));
  assert.equal(leases.length, 3);
  assert.equal(jobRow(deps, jobId).failedStatus, 128 + 11);
});

test('different failures share no exit status', async (t) => {
  const deps = createTestDeps(t);
  const { clusterId, workers } = makeCluster(deps, [4]);
  const jobId = await queueJob(deps, clusterId, { parallel: 4 });
  await runOut(workers[0], ({ partition }) => exit(partition));
  const job = jobRow(deps, jobId);
  assert.deepEqual([job.state, job.succeeded, job.failed], ['failed', 1, 3]);
  assert.equal(exitOf({ ...job, state: 'failed' }), 1);
  assertCounted(deps, jobId);
});

test('a canceled job is over at once, its leases are revoked and its secrets gone', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [2]);
  const jobId = await queueJob(deps, clusterId, batchOf(1), numberedLines(10));
  const leases = (await worker?.claim(2)) ?? [];
  await worker?.report(leases.map(started));
  const waiting = worker?.control(leases, 10_000, [jobId]);
  cancelJob(deps, jobId, 'px job cancel');
  const job = jobRow(deps, jobId);
  assert.deepEqual(
    [job.state, job.problemCode, job.canceled, job.leased],
    ['canceled', 'canceled', 10, 0],
  );
  assert.equal(exitOf({ ...job, state: 'canceled' }), 130);
  assert.equal(findSecrets(deps.db, jobId), undefined);
  const told = await waiting;
  assert.deepEqual([told?.revoke.length, told?.ended], [2, [jobId]]);
  cancelJob(deps, jobId, 'again');
  assert.equal(jobRow(deps, jobId).problemMessage, 'px job cancel');
});

test('a retry reopens what failed or was canceled, numbers attempts on, and leaves success alone', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [4]);
  const jobId = await queueJob(deps, clusterId, batchOf(1), numberedLines(8));
  const first = (await worker?.claim(4)) ?? [];
  await worker?.report(
    first.slice(0, 3).flatMap((lease, at) => ranWith(lease, { outcome: exit(at) })),
  );
  assert.throws(
    () => retryJob(deps, jobId, ENV),
    (e) => e instanceof PxError && e.code === 'job_running',
  );
  cancelJob(deps, jobId, 'stop');
  retryJob(deps, jobId, ENV);
  assert.deepEqual([jobRow(deps, jobId).state, jobRow(deps, jobId).failed], ['queued', 0]);
  assert.deepEqual(kindsOf(deps, jobId, 1), ['superseded 1']);
  const again = await runOut(worker, () => EXIT_0);
  assert.deepEqual(
    again.map(({ partition, attempt }) => [partition, attempt]),
    [
      [1, 2],
      [2, 2],
      [3, 2],
      [4, 1],
      [5, 1],
      [6, 1],
      [7, 1],
    ],
  );
  const job = jobRow(deps, jobId);
  assert.deepEqual([job.state, job.succeeded, job.failed, job.canceled], ['succeeded', 8, 0, 0]);
  assertCounted(deps, jobId);
  assert.throws(
    () => retryJob(deps, jobId, ENV),
    (e) => e instanceof PxError && e.code === 'job_not_retryable',
  );
});

test("a retry runs on the cluster that is up under the name of the job's, and on no other", async (t) => {
  const deps = createTestDeps(t);
  const first = makeCluster(deps, [1], 'demo');
  const jobId = await queueJob(deps, first.clusterId, batchOf(1), numberedLines(1));
  cancelJob(deps, jobId, 'stop');
  setClusterState(deps.db, first.clusterId, 'down', deps.clock.now());
  assert.throws(
    () => retryJob(deps, jobId, ENV),
    (e) => e instanceof PxError && e.code === 'cluster_not_up',
  );
  assert.equal(jobRow(deps, jobId).state, 'canceled');
  const second = makeCluster(deps, [1], 'demo');
  retryJob(deps, jobId, ENV);
  await runOut(second.workers[0], () => EXIT_0);
  assert.equal(jobRow(deps, jobId).state, 'succeeded');
});

test('a job that fails as a whole lets what was started end first', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [1]);
  const jobId = await queueJob(deps, clusterId, batchOf(1), numberedLines(3));
  const leases = (await worker?.claim(1)) ?? [];
  failJob(deps, jobId, { code: 'input_incomplete', message: 'The sender was silent.' });
  assert.equal(jobRow(deps, jobId).state, 'running');
  await worker?.report(leases.flatMap((lease) => ranWith(lease)));
  const job = jobRow(deps, jobId);
  assert.deepEqual([job.state, job.succeeded, job.problemCode], ['failed', 1, 'input_incomplete']);
  assert.equal(exitOf({ ...job, state: 'failed' }), 125);
});

test('a lost node that ran a partition counts as a loss, one that had not started it as nothing', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker, other],
  } = makeCluster(deps, [2, 2]);
  const jobId = await queueJob(deps, clusterId, { parallel: 2, cut: { mode: 'static' } });
  // Two slots of the quota of one process a node: the second lease comes from the other node.
  const [running] = (await worker?.claim(2)) ?? [];
  const [waiting] = (await other?.claim(2)) ?? [];
  if (running === undefined || waiting === undefined) throw new Error('Expected two leases');
  await worker?.report([started(running)]);
  loseNode(deps, worker?.nodeId ?? '');
  loseNode(deps, other?.nodeId ?? '');
  const rows = rowsOf(deps, jobId);
  assert.deepEqual(
    rows.map(({ state, losses }) => [state, losses]),
    [
      ['pending', 1],
      ['pending', 0],
    ],
  );
  assertCounted(deps, jobId);
});

test('after two losses a partition runs alone on its node, after four it fails as node_lost', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [2]);
  const join = { protocol: 1, version: '0', cpus: 2, memoryBytes: 1, arch: 'x64' };
  const jobId = await queueJob(deps, clusterId, batchOf(1), numberedLines(40));
  const nodeId = worker?.nodeId ?? '';
  // Slow, so that no work ahead blurs what runs together.
  const runtimeMs = 5000;
  const companions: number[] = [];
  for (let loss = 0; loss < 4; loss += 1) {
    let leases = (await worker?.claim(2)) ?? [];
    while (!leases.some(({ partition }) => partition === 0)) {
      await worker?.report(leases.flatMap((lease) => ranWith(lease, { runtimeMs })));
      leases = (await worker?.claim(2)) ?? [];
    }
    companions.push(leases.length - 1);
    const [poison, ...others] = leases.sort((a, b) => a.partition - b.partition);
    if (poison === undefined) throw new Error('Expected partition 0');
    await worker?.report([
      started(poison),
      ...others.flatMap((lease) => ranWith(lease, { runtimeMs })),
    ]);
    if (loss >= 2) assert.deepEqual(await worker?.claim(2), [], 'nothing runs beside it');
    joinNode(deps, nodeId, join);
  }
  assert.deepEqual(companions, [1, 1, 0, 0]);
  const [row] = rowsOf(deps, jobId);
  assert.deepEqual([row?.state, row?.losses, row?.outcome], ['failed', 4, { kind: 'node_lost' }]);
  assertCounted(deps, jobId);
});

test('a new incarnation of a worker frees the leases of the older one', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [2]);
  const jobId = await queueJob(deps, clusterId, batchOf(1), numberedLines(2));
  const leases = (await worker?.claim(2)) ?? [];
  const reply = joinNode(deps, worker?.nodeId ?? '', {
    protocol: 1,
    version: '0',
    cpus: 2,
    memoryBytes: 1,
    arch: 'x64',
  });
  assert.equal(reply.incarnation, 2);
  assert.equal((await worker?.renew(leases))?.length, 2);
  assert.equal(jobRow(deps, jobId).pending, 2);
  assert.equal((await worker?.claim(2))?.length, 2);
});

test('a lease that is not renewed goes to another node, one that is renewed does not', async (t) => {
  const clock = createManualClock();
  const deps = createTestDeps(t, { clock });
  const {
    clusterId,
    workers: [worker, other],
  } = makeCluster(deps, [1, 1]);
  const jobId = await queueJob(deps, clusterId, batchOf(1), numberedLines(2));
  const kept = (await worker?.claim(1)) ?? [];
  const lost = (await other?.claim(1)) ?? [];
  for (let second = 0; second < 29; second += 1) {
    clock.advance(1000);
    expireLeases(deps, clock.monotonic());
    if (second % 10 === 0) await worker?.renew(kept);
  }
  assert.equal(jobRow(deps, jobId).leased, 2);
  clock.advance(1000);
  expireLeases(deps, clock.monotonic());
  assert.equal(jobRow(deps, jobId).pending, 1);
  assert.equal((await other?.renew(lost))?.length, 1);
  assert.equal((await worker?.renew(kept))?.length, 0);
});

test('a control plane that slept grants every lease a full term before any expires', async (t) => {
  const clock = createManualClock();
  const deps = createTestDeps(t, { clock });
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [1]);
  const jobId = await queueJob(deps, clusterId);
  await worker?.claim(1);
  expireLeases(deps, clock.monotonic());
  clock.advance(120_000);
  for (let second = 0; second < 29; second += 1) {
    expireLeases(deps, clock.monotonic());
    clock.advance(1000);
  }
  assert.equal(jobRow(deps, jobId).leased, 1);
  for (let second = 0; second < 3; second += 1) {
    expireLeases(deps, clock.monotonic());
    clock.advance(1000);
  }
  assert.equal(jobRow(deps, jobId).leased, 0);
});

test('a worker that leaves gives back what it held, which counts as nothing', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [1]);
  const jobId = await queueJob(deps, clusterId);
  const leases = (await worker?.claim(1)) ?? [];
  await worker?.report(leases.map(started));
  await worker?.leave();
  const [row] = rowsOf(deps, jobId);
  assert.deepEqual([row?.state, row?.losses, row?.crashes], ['pending', 0, 0]);
  assertCounted(deps, jobId);
});

test('counters equal what the rows say after a mixed run', async (t) => {
  const deps = createTestDeps(t, { settings: { ...testSettings, leaseMs: 1000 } });
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [4]);
  const limits = { ...testSpec.limits, retries: 1, crashRetries: 1 };
  const jobId = await queueJob(deps, clusterId, { ...batchOf(3), limits }, numberedLines(200));
  await runOut(worker, ({ partition, attempt }): Outcome => {
    if (partition % 7 === 0) return exit(2);
    if (partition % 5 === 0 && attempt === 1) return { kind: 'oom' };
    return EXIT_0;
  });
  const job = jobRow(deps, jobId);
  assert.deepEqual([job.state, job.failed, job.succeeded], ['failed', 10, 57]);
  assertCounted(deps, jobId);
});
