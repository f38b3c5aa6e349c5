import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bringUp } from '../../../control-plane/clusters/bring-up.ts';
import { resize } from '../../../control-plane/clusters/resize.ts';
import { takeDown } from '../../../control-plane/clusters/take-down.ts';
import { tendClusters } from '../../../control-plane/clusters/tick.ts';
import { joinNode } from '../../../control-plane/execution/join.ts';
import { createProviders } from '../../../control-plane/providers/registry.ts';
import { findCluster } from '../../../control-plane/store/clusters.ts';
import { listNodes } from '../../../control-plane/store/nodes.ts';
import { type Cleanup, createTestDeps } from '../../helpers/control-plane.ts';
import { queueJob } from '../../helpers/execution.ts';
import { createFakeProvider } from '../../helpers/fake-provider.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';
import { ranWith, started, TestWorker } from '../../helpers/worker.ts';

const JOIN = { protocol: 1, version: '0.1.0', cpus: 4, memoryBytes: 1, arch: 'x86_64' } as const;

const setUp = async (t: Cleanup, idleTimeoutMs = 0) => {
  const provider = createFakeProvider();
  const clock = createManualClock();
  const deps = createTestDeps(t, { clock, providers: createProviders([provider]) });
  const spec = { provider: 'local', nodes: 2, cpusPerNode: 1 } as const;
  const limits = { idleTimeoutMs, maxLifetimeMs: 0 };
  const { cluster } = await bringUp(deps, { name: 'demo', spec: { ...spec, ...limits } });
  const now = () => {
    const row = findCluster(deps.db, cluster.id);
    assert.ok(row);
    return row;
  };
  const states = () => listNodes(deps.db, cluster.id).map(({ name, state }) => `${name} ${state}`);
  const join = (ordinal: number): TestWorker => {
    const node = listNodes(deps.db, cluster.id).find(
      (one) => one.ordinal === ordinal && one.state !== 'terminated',
    );
    assert.ok(node);
    const { incarnation } = joinNode(deps, node.id, JOIN);
    return new TestWorker(deps, { nodeId: node.id, clusterId: cluster.id, incarnation });
  };
  return { clock, deps, provider, now, states, join, cluster };
};

/** A cluster of two whose second node goes while it runs a partition. */
const setUpGoing = async (t: Cleanup) => {
  const at = await setUp(t);
  const { deps, now, join, cluster } = at;
  const [first, second] = [join(0), join(1)];
  await queueJob(deps, cluster.id);
  const [lease] = await second.claim(1);
  assert.ok(lease !== undefined);
  await second.report([started(lease)]);
  await resize(deps, now(), { nodes: 1 });
  await tendClusters(deps);
  return { ...at, first, second, lease };
};

test('a node that goes takes nothing new, ends what it has, and is then destroyed', async (t) => {
  const { deps, provider, states, second, lease } = await setUpGoing(t);
  assert.deepEqual(states(), ['demo-0 ready', 'demo-1 draining']);
  await second.report(ranWith(lease));
  await tendClusters(deps);
  assert.deepEqual(states(), ['demo-0 ready', 'demo-1 terminated']);
  assert.equal(provider.machines.size, 1);
});

test('what a node that goes still ran goes on elsewhere where its machine is gone', async (t) => {
  const { deps, provider, states, first, lease, cluster } = await setUpGoing(t);
  provider.machines.delete(listNodes(deps.db, cluster.id).at(-1)?.id ?? '');
  await tendClusters(deps);
  await tendClusters(deps);
  assert.deepEqual(states(), ['demo-0 ready', 'demo-1 terminated']);
  assert.deepEqual(
    (await first.claim(1)).map(({ partition }) => partition),
    [lease.partition],
  );
});

test('nodes that still come are given up at once where they are wanted no more', async (t) => {
  const { deps, provider, now, states, join } = await setUp(t);
  join(0);
  join(1);
  const begun = Promise.withResolvers<void>();
  provider.slow = ({ signal }) =>
    new Promise((resolve) => {
      signal?.addEventListener('abort', () => resolve());
      begun.resolve();
    });
  const grown = resize(deps, now(), { nodes: 4 });
  await begun.promise;
  await resize(deps, now(), { nodes: 2 });
  await grown;
  await Promise.all(deps.fleet.takedowns.values());
  const gone = ['demo-2 terminated', 'demo-3 terminated'];
  assert.deepEqual(states(), ['demo-0 ready', 'demo-1 ready', ...gone]);
  assert.equal(provider.machines.size, 2);
});

test('a cluster grows again only once the nodes that go have gone', async (t) => {
  const { deps, now, states, second, lease } = await setUpGoing(t);
  const grown = resize(deps, now(), { nodes: 3 });
  await assert.rejects(grown, /still losing nodes, which end what they run first: demo-1\./);
  assert.deepEqual([states(), now().spec.nodes], [['demo-0 ready', 'demo-1 draining'], 1]);
  await second.report(ranWith(lease));
  await tendClusters(deps);
  await resize(deps, now(), { nodes: 3 });
  assert.deepEqual(states().slice(-1), ['demo-2 provisioning']);
});

test('a node that comes takes the first free number', async (t) => {
  const { deps, now, states, join } = await setUp(t);
  join(0);
  join(1);
  await resize(deps, now(), { nodes: 1 });
  await tendClusters(deps);
  await resize(deps, now(), { nodes: 3 });
  join(1);
  join(2);
  await tendClusters(deps);
  assert.deepEqual(states().toSorted(), [
    'demo-0 ready',
    'demo-1 ready',
    'demo-1 terminated',
    'demo-2 ready',
  ]);
  assert.equal(now().spec.nodes, 3);
});

test('a cluster that goes down while its new nodes are planned gets none', async (t) => {
  const { deps, provider, now, states } = await setUp(t);
  const { plan } = provider;
  deps.providers.get('local').plan = async (ask) => {
    await takeDown(deps, now().id);
    return plan(ask);
  };
  await assert.rejects(resize(deps, now(), { nodes: 4 }), /is going down/);
  assert.deepEqual(states(), ['demo-0 terminated', 'demo-1 terminated']);
  assert.deepEqual([provider.machines.size, now().state, now().spec.nodes], [0, 'down', 2]);
});

test('a cluster of which somebody asks for another size is not idle', async (t) => {
  const { clock, deps, now } = await setUp(t, 20_000);
  await tendClusters(deps);
  clock.advance(19_000);
  await resize(deps, now(), { nodes: 3 });
  clock.advance(19_000);
  await tendClusters(deps);
  assert.equal(now().state, 'up');
});
