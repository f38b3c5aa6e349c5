import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freeTaken, goNode } from '../../../control-plane/clusters/going.ts';
import { findNode } from '../../../control-plane/store/nodes.ts';
import { findPartition } from '../../../control-plane/store/partitions.ts';
import { type Cleanup, createTestDeps } from '../../helpers/control-plane.ts';
import { batchOf, makeCluster, numberedLines, queueJob } from '../../helpers/execution.ts';
import { started } from '../../helpers/worker.ts';

const GONE = { state: 'gone', problem: 'The cloud has deleted it.' } as const;

const LIMITS = {
  ...{ provider: 'local' as const, nodes: 1, cpusPerNode: 1, idleTimeoutMs: 0 },
  maxLifetimeMs: 60_000,
};

/** A worker that runs a partition. */
const setUp = async (t: Cleanup) => {
  const deps = createTestDeps(t);
  const { clusterId, workers } = makeCluster(deps, [1]);
  const [worker] = workers;
  assert.ok(worker !== undefined);
  const job = await queueJob(deps, clusterId, batchOf(1), numberedLines(1));
  const leases = await worker.claim(1);
  await worker.report(leases.map(started));
  const node = findNode(deps.db, worker.nodeId);
  assert.ok(node !== undefined);
  const partition = () => {
    const row = findPartition(deps.db, job, 0);
    return [row?.state, row?.losses];
  };
  assert.deepEqual(partition(), ['running', 0]);
  return { deps, worker, node, leases, partition };
};

test('a node whose machine is taken back drains, and what it held at the end counts as nothing', async (t) => {
  const { deps, worker, node, leases, partition } = await setUp(t);
  goNode(deps, node.id);
  assert.equal((await worker.control(leases)).drain, true);
  freeTaken(deps, node, LIMITS, { state: 'running', problem: null });
  assert.deepEqual(partition(), ['running', 0]);
  freeTaken(deps, node, LIMITS, GONE);
  assert.deepEqual(partition(), ['pending', 0]);
});

test('what a spot machine held that is gone without a word counts as nothing', async (t) => {
  const { deps, node, partition } = await setUp(t);
  freeTaken(deps, node, LIMITS, { ...GONE, isTakenBack: true });
  assert.deepEqual(partition(), ['pending', 0]);
});

test('any other machine that is gone is left to those who count losses', async (t) => {
  const { deps, node, partition } = await setUp(t);
  freeTaken(deps, node, LIMITS, GONE);
  assert.deepEqual(partition(), ['running', 0]);
});

test('what the cloud ended at max_lifetime counts as nothing, and says so', async (t) => {
  const { deps, node, partition } = await setUp(t);
  const createdAt = deps.clock.now() - LIMITS.maxLifetimeMs;
  freeTaken(deps, { ...node, createdAt }, LIMITS, GONE);
  assert.deepEqual(partition(), ['pending', 0]);
  const said = deps.db.query.log.findMany().sync();
  assert.match(JSON.stringify(said), /"kind":"node_lost","why":"max_lifetime"/);
});
