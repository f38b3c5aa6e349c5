import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDeps } from '../../helpers/control-plane.ts';
import { batchOf, jobRow, makeCluster, numberedLines, queueJob } from '../../helpers/execution.ts';
import { ranWith } from '../../helpers/worker.ts';

test('a hundred thousand partitions cost memory for those in flight', async (t) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [8]);
  const jobId = await queueJob(deps, clusterId, batchOf(1), numberedLines(100_000));
  let seen = 0;
  let most = 0;
  for (;;) {
    const leases = (await worker?.claim(8)) ?? [];
    if (leases.length === 0) break;
    seen += leases.length;
    most = Math.max(most, [...(deps.execution.leases?.all() ?? [])].length);
    await worker?.report(leases.flatMap((lease) => ranWith(lease, { runtimeMs: 1 })));
  }
  const job = jobRow(deps, jobId);
  assert.deepEqual([seen, job.succeeded, job.state], [100_000, 100_000, 'succeeded']);
  assert.equal(most <= 600, true, `${most} leases at a time`);
});
