import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyWaiting } from '../../../control-plane/jobs/waiting.ts';
import { updateNode } from '../../../control-plane/store/nodes.ts';
import { createTestDeps } from '../../helpers/control-plane.ts';
import { jobRow, makeCluster, queueJob } from '../../helpers/execution.ts';
import { testSettings } from '../../helpers/stand-ins.ts';

test('a job waits for the one before it, whose own partitions run', async (t) => {
  const deps = createTestDeps(t);
  const { clusterId, workers } = makeCluster(deps, [1]);
  const first = await queueJob(deps, clusterId);
  assert.equal(await whyWaiting(deps, jobRow(deps, first)), null);
  await workers[0]?.claim(1);
  const second = await queueJob(deps, clusterId);
  assert.equal(await whyWaiting(deps, jobRow(deps, first)), null);
  assert.equal(await whyWaiting(deps, jobRow(deps, second)), `job ${first} is before it`);
});

test('a job waits for a node, in the words of one that could not be made', async (t) => {
  const deps = createTestDeps(t);
  const { clusterId, workers } = makeCluster(deps, [1]);
  const job = await queueJob(deps, clusterId);
  const problem = 'The worker did not start: no memory.';
  updateNode(deps.db, workers[0]?.nodeId ?? '', { state: 'provisioning', problem });
  const expected = `no node of ${clusterId} is ready: the worker did not start: no memory`;
  assert.equal(await whyWaiting(deps, jobRow(deps, job)), expected);
});

test('a full disk holds every job up', async (t) => {
  const freeFloorBytes = Number.MAX_SAFE_INTEGER;
  const deps = createTestDeps(t, { settings: { ...testSettings, freeFloorBytes } });
  const { clusterId } = makeCluster(deps, [1]);
  const job = await queueJob(deps, clusterId);
  assert.match((await whyWaiting(deps, jobRow(deps, job))) ?? '', /^the disk of .+ is nearly full/);
});
