import assert from 'node:assert/strict';
import { rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Deps } from '../../../control-plane/deps.ts';
import type { JobSpec } from '../../../protocol/messages/jobs.ts';
import { isFinal } from '../../../protocol/states.ts';
import { createTestDeps } from '../../helpers/control-plane.ts';
import { assertCounted } from '../../helpers/counters.ts';
import { batchOf, jobRow, makeCluster, numberedLines, queueJob } from '../../helpers/execution.ts';
import { type HeldLease, ranWith, started, type TestWorker } from '../../helpers/worker.ts';

const fileOf = (deps: Deps, jobId: string, name: string): string =>
  join(deps.dataDir, 'jobs', jobId, name);

const staticCut = (parallel: number): Partial<JobSpec> => ({
  input: { kind: 'stdin' },
  cut: { mode: 'static' },
  parallel,
});

const DAMAGES: {
  what: string;
  spec: Partial<JobSpec>;
  damage: (path: string) => void;
  name: string;
}[] = [
  { what: 'is gone', spec: batchOf(1), name: 'input', damage: (path) => rmSync(path) },
  { what: 'is cut short', spec: batchOf(1), name: 'input', damage: (path) => truncateSync(path) },
  { what: 'lost its cut', spec: staticCut(3), name: 'cut', damage: (path) => rmSync(path) },
  {
    what: 'has half a table',
    spec: staticCut(3),
    name: '.lines',
    damage: (path) => truncateSync(path, 12),
  },
];

/** Claims until a job is over; what is leased meanwhile. */
const claimUntilOver = async (deps: Deps, worker: TestWorker, jobId: string) => {
  const leases: HeldLease[] = [];
  while (!isFinal(jobRow(deps, jobId).state)) {
    leases.push(...(await worker.claim(4)));
    await delay(2);
  }
  if (leases.length === 0) leases.push(...(await worker.claim(4)));
  return leases;
};

for (const { what, spec, name, damage } of DAMAGES) {
  for (const when of ['', ' when the control plane starts'] as const) {
    test(`a job whose stored input ${what}${when} fails, and the jobs behind it run`, async (t) => {
      const first = createTestDeps(t);
      const { clusterId, workers } = makeCluster(first, [4]);
      const jobId = await queueJob(first, clusterId, spec, numberedLines(10));
      const behind = await queueJob(first, clusterId);
      damage(fileOf(first, jobId, name));
      const { db, dataDir } = first;
      // What the first one has in memory it need not read.
      const isRead = when !== '' || name === '.lines';
      const deps = isRead ? createTestDeps(t, { db, dataDir }) : first;
      const worker = workers[0]?.on(deps);
      assert.ok(worker);
      const leases = await claimUntilOver(deps, worker, jobId);
      assert.deepEqual(
        leases.map(({ job }) => job),
        [behind],
      );
      const { state, problemCode, problemMessage } = jobRow(deps, jobId);
      assert.deepEqual([state, problemCode], ['failed', 'input_damaged']);
      assert.match(problemMessage ?? '', /^The input of .* is damaged/);
      await worker.report(leases.flatMap((lease) => ranWith(lease)));
      assert.equal(jobRow(deps, behind).state, 'succeeded');
      assertCounted(deps, jobId);
    });
  }
}

test('an input that is damaged while it is fetched ends its lease, and the job once the rest has ended', async (t) => {
  const deps = createTestDeps(t);
  const { clusterId, workers } = makeCluster(deps, [2]);
  const [worker] = workers;
  // Above what travels inside a lease.
  const jobId = await queueJob(deps, clusterId, batchOf(10_000), numberedLines(20_000));
  const [whole, short] = (await worker?.claim(2)) ?? [];
  assert.ok(worker && whole && short);
  assert.equal((await worker.input(whole)).length, 10_000 * 13);
  await worker.report([started(whole), started(short)]);
  truncateSync(fileOf(deps, jobId, 'input'), 150_000);
  await assert.rejects(worker.input(short), { code: 'input_damaged' });
  assert.deepEqual(
    (await worker.control([whole, short])).revoke.map(({ partition }) => partition),
    [1],
  );
  assert.equal(jobRow(deps, jobId).state, 'running');
  await worker.report(ranWith(whole));
  const { state, succeeded, problemCode } = jobRow(deps, jobId);
  assert.deepEqual([state, succeeded, problemCode], ['failed', 1, 'input_damaged']);
  assertCounted(deps, jobId);
});
