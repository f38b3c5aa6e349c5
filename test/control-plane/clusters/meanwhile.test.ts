import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bringUp } from '../../../control-plane/clusters/bring-up.ts';
import { resize } from '../../../control-plane/clusters/resize.ts';
import { takeDown } from '../../../control-plane/clusters/take-down.ts';
import { tendClusters } from '../../../control-plane/clusters/tick.ts';
import { joinNode } from '../../../control-plane/execution/join.ts';
import type { Described } from '../../../control-plane/providers/provider.ts';
import { createProviders } from '../../../control-plane/providers/registry.ts';
import { findCluster } from '../../../control-plane/store/clusters.ts';
import { listNodes } from '../../../control-plane/store/nodes.ts';
import { type Cleanup, createTestDeps } from '../../helpers/control-plane.ts';
import { queueJob } from '../../helpers/execution.ts';
import { createFakeProvider } from '../../helpers/fake-provider.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';

const JOIN = { protocol: 1, version: '0.1.0', cpus: 4, memoryBytes: 1, arch: 'x86_64' } as const;
const DAY_MS = 86_400_000;

/** A cluster with work on as many nodes, which have joined. */
const setUp = async (t: Cleanup, nodes = 1) => {
  const clock = createManualClock();
  const provider = createFakeProvider({ tunneled: true });
  const deps = createTestDeps(t, { clock, providers: createProviders([provider]) });
  const limits = { idleTimeoutMs: 0, maxLifetimeMs: DAY_MS };
  const spec = { provider: 'local', nodes, cpusPerNode: 1, ...limits } as const;
  const { cluster } = await bringUp(deps, { name: 'demo', spec });
  for (const { id } of listNodes(deps.db, cluster.id)) joinNode(deps, id, JOIN);
  await queueJob(deps, cluster.id);
  // Its machines have come up some time ago.
  clock.advance(60_000);
  const state = () => findCluster(deps.db, cluster.id)?.state;
  const states = () => listNodes(deps.db, cluster.id).map((node) => node.state);
  return { clock, provider, deps, cluster, state, states };
};

/** A place at which the provider waits until the test goes on. */
const createHalt = () => {
  const reached = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const wait = async (): Promise<void> => {
    reached.resolve();
    await goOn.promise;
  };
  return { reached: reached.promise, goOn: goOn.resolve, wait };
};

/** The next look at a machine says this, once the test lets it. */
const holdLook = (provider: ReturnType<typeof createFakeProvider>, described: Described) => {
  const halt = createHalt();
  provider.describe = async () => {
    await halt.wait();
    return described;
  };
  return halt;
};

const GONE = { state: 'gone', problem: 'it was preempted' } as const;

describe('a cluster that is taken down while one of its nodes', () => {
  test('is replaced at its max_lifetime has no machine afterwards', async (t) => {
    const { clock, provider, deps, cluster, state, states } = await setUp(t);
    const halt = createHalt();
    const { destroy } = provider;
    provider.destroy = async (...args) => {
      await halt.wait();
      await destroy(...args);
    };
    clock.advance(DAY_MS);
    const tended = tendClusters(deps);
    await halt.reached;
    const down = takeDown(deps, cluster.id, true);
    halt.goOn();
    await Promise.all([tended, down]);
    assert.deepEqual([state(), states()], ['down', ['terminated']]);
    assert.deepEqual([provider.machines.size, provider.created.length], [0, 1]);
  });

  test('is looked at and found gone has no machine afterwards', async (t) => {
    const { provider, deps, cluster, state, states } = await setUp(t);
    const halt = holdLook(provider, GONE);
    const tended = tendClusters(deps);
    await halt.reached;
    await takeDown(deps, cluster.id);
    halt.goOn();
    await tended;
    assert.deepEqual([state(), states()], ['down', ['terminated']]);
    assert.deepEqual([provider.machines.size, provider.created.length], [0, 1]);
  });

  test('is looked at and heard again has no node that is ready', async (t) => {
    const { provider, deps, cluster, states } = await setUp(t);
    provider.describe = async () => ({ state: 'silent', problem: 'nobody hears it' });
    await tendClusters(deps);
    assert.deepEqual(states(), ['lost']);
    const halt = holdLook(provider, { state: 'running', problem: null });
    const tended = tendClusters(deps);
    await halt.reached;
    await takeDown(deps, cluster.id);
    halt.goOn();
    await tended;
    assert.deepEqual(states(), ['terminated']);
  });
});

test('a node that is found gone while its cluster is made smaller is not made again', async (t) => {
  const { provider, deps, cluster, states } = await setUp(t, 2);
  const halt = holdLook(provider, GONE);
  const tended = tendClusters(deps);
  await halt.reached;
  await resize(deps, cluster, { nodes: 1 });
  halt.goOn();
  await tended;
  await tendClusters(deps);
  assert.deepEqual(states().toSorted(), ['provisioning', 'terminated']);
  assert.equal(provider.created.length, 3, 'the first one alone has come again');
});
