import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bringUp } from '../../../control-plane/clusters/bring-up.ts';
import { freeTaken, goNode } from '../../../control-plane/clusters/going.ts';
import { decideAge } from '../../../control-plane/clusters/reconcile.ts';
import { tendClusters } from '../../../control-plane/clusters/tick.ts';
import { joinNode } from '../../../control-plane/execution/join.ts';
import { createProviders } from '../../../control-plane/providers/registry.ts';
import { findLatestCluster } from '../../../control-plane/store/clusters.ts';
import { listNodes } from '../../../control-plane/store/nodes.ts';
import { type Cleanup, createTestDeps } from '../../helpers/control-plane.ts';
import { jobRow, queueJob } from '../../helpers/execution.ts';
import { createFakeProvider } from '../../helpers/fake-provider.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';
import { keyOf, ranWith, started, TestWorker } from '../../helpers/worker.ts';

const HOUR_MS = 3_600_000;
const JOIN = { protocol: 1, version: '0.1.0', cpus: 4, memoryBytes: 1, arch: 'x86_64' } as const;

/** A cluster of one node that lives a day. */
const setUp = async (t: Cleanup) => {
  const clock = createManualClock();
  const provider = createFakeProvider();
  const deps = createTestDeps(t, { clock, providers: createProviders([provider]) });
  const limits = { idleTimeoutMs: 0, maxLifetimeMs: 24 * HOUR_MS };
  const spec = { provider: 'local', nodes: 1, cpusPerNode: 1, ...limits } as const;
  const { cluster } = await bringUp(deps, { name: 'demo', spec });
  const node = () => {
    const [row] = listNodes(deps.db, cluster.id);
    assert.ok(row);
    return row;
  };
  const join = (): TestWorker => {
    const { incarnation } = joinNode(deps, node().id, JOIN);
    return new TestWorker(deps, { nodeId: node().id, clusterId: cluster.id, incarnation });
  };
  return { clock, provider, deps, cluster, node, join };
};

describe('max_lifetime', () => {
  test('a node drains in its last ten minutes, or its last tenth, and ends when it is empty or over', () => {
    const node = { node: 'ready', maxLifetimeMs: 24 * HOUR_MS, leases: () => 1 } as const;
    const draining = { ...node, node: 'draining' } as const;
    const near = 24 * HOUR_MS - 600_000;
    const decisions = [
      decideAge({ ...node, ageMs: near - 1 }),
      decideAge({ ...node, ageMs: near }),
      decideAge({ ...draining, ageMs: near }),
      decideAge({ ...draining, ageMs: near, leases: () => 0 }),
      decideAge({ ...draining, ageMs: 24 * HOUR_MS }),
      decideAge({ ...node, ageMs: 100 * HOUR_MS, maxLifetimeMs: 0 }),
      decideAge({ ...node, ageMs: 90_000, maxLifetimeMs: 100_000 }),
    ];
    assert.deepEqual(decisions, ['none', 'drain', 'none', 'end', 'end', 'none', 'drain']);
  });

  test('without work the cluster goes down', async (t) => {
    const { clock, provider, deps, node, join } = await setUp(t);
    join();
    clock.advance(24 * HOUR_MS - 600_001);
    await tendClusters(deps);
    assert.equal(node().state, 'ready');
    clock.advance(1);
    await tendClusters(deps);
    assert.deepEqual([node().state, node().problem], ['draining', 'It is near its max_lifetime.']);
    await tendClusters(deps);
    assert.deepEqual([node().state, provider.machines.size], ['terminated', 0]);
    assert.equal(findLatestCluster(deps.db, 'demo')?.state, 'down');
  });

  test('with work the node takes nothing new, ends what it has, and is replaced', async (t) => {
    const { clock, provider, deps, cluster, node, join } = await setUp(t);
    const worker = join();
    const jobId = await queueJob(deps, cluster.id, { parallel: 2 });
    clock.advance(24 * HOUR_MS - 600_000);
    const [lease, ahead] = await worker.claim(1);
    assert.ok(lease && ahead);
    await worker.report([started(lease)]);
    await tendClusters(deps);
    assert.equal((await worker.control([lease])).drain, true);
    await worker.report([[{ t: 'released', ...keyOf(ahead) }]]);
    assert.deepEqual(await worker.claim(1), []);
    await tendClusters(deps);
    assert.equal(provider.created.length, 1, 'it may end what it has begun');
    await worker.report(ranWith(lease));
    await tendClusters(deps);
    assert.deepEqual([provider.created.length, node().state], [2, 'provisioning']);
    const next = join();
    await tendClusters(deps);
    assert.deepEqual([node().state, node().problem], ['ready', null]);
    await next.report((await next.claim(1)).flatMap((each) => ranWith(each)));
    assert.equal(jobRow(deps, jobId).state, 'succeeded');
  });

  test('what runs past the end runs again on the next machine and counts as no loss', async (t) => {
    const { clock, deps, cluster, node, join } = await setUp(t);
    const worker = join();
    const jobId = await queueJob(deps, cluster.id);
    const [lease] = await worker.claim(1);
    assert.ok(lease);
    await worker.report([started(lease)]);
    clock.advance(24 * HOUR_MS);
    await tendClusters(deps);
    assert.equal(node().state, 'provisioning');
    const [again] = await join().claim(1);
    assert.deepEqual([again?.partition, again?.attempt], [0, 2]);
    assert.deepEqual(
      deps.db.query.partitions
        .findMany()
        .sync()
        .map(({ losses, jobId: of }) => [losses, of]),
      [[0, jobId]],
    );
  });

  test('the next machine is not the one that its owner took back', async (t) => {
    const { clock, deps, cluster, node, join } = await setUp(t);
    join();
    await queueJob(deps, cluster.id);
    goNode(deps, node().id);
    clock.advance(24 * HOUR_MS);
    await tendClusters(deps);
    const worker = join();
    const [lease] = await worker.claim(1);
    assert.ok(lease);
    await worker.report([started(lease)]);
    freeTaken(deps, node(), cluster.spec, { state: 'gone', problem: 'it broke' });
    const [partition] = deps.db.query.partitions.findMany().sync();
    assert.equal(partition?.state, 'running', 'left to those who count losses');
  });
});
