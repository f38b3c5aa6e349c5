import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createApp } from '../../../control-plane/app.ts';
import type { Deps } from '../../../control-plane/deps.ts';
import { allHandlers } from '../../../control-plane/handlers.ts';
import { nodeTopic } from '../../../control-plane/notices.ts';
import type { Provider, ProviderRef } from '../../../control-plane/providers/provider.ts';
import { insertCluster } from '../../../control-plane/store/clusters.ts';
import { findNode, insertNode, updateNode } from '../../../control-plane/store/nodes.ts';
import { hashToken, makeToken } from '../../../control-plane/token.ts';
import { makeId } from '../../../protocol/ids.ts';
import { type Cleanup, createTestDeps } from '../../helpers/control-plane.ts';
import { listen } from '../../helpers/listen.ts';
import { until } from '../../helpers/processes.ts';

/** What a suite brings for its provider. */
interface Conformance {
  name: string;
  /** The provider; its workers find the control plane at `url`. All that it made goes after the test. */
  make(t: Cleanup, deps: Deps, url: string): Provider;
}

const NODE_COUNT = 2;

const setUp = async (t: Cleanup, { make }: Conformance) => {
  const deps = createTestDeps(t);
  const app = createApp(deps, allHandlers(deps));
  const provider = make(t, deps, await listen(t, app.fetch));
  const clusterId = makeId('c', deps.random(10));
  insertCluster(deps.db, {
    id: clusterId,
    name: 'demo',
    state: 'up',
    spec: {
      provider: provider.name,
      nodes: NODE_COUNT,
      cpusPerNode: 2,
      idleTimeoutMs: 0,
      maxLifetimeMs: 0,
    },
    createdAt: 0,
    activeAt: 0,
  });
  const order = (ordinal = 0) => {
    const nodeId = makeId('n', deps.random(10));
    const joinToken = makeToken(deps.random);
    insertNode(deps.db, {
      id: nodeId,
      clusterId,
      ordinal,
      name: `demo-${ordinal}`,
      state: 'provisioning',
      slots: 2,
      createdAt: 0,
      joinHash: hashToken(joinToken),
      joinExpiresAt: deps.clock.now() + 600_000,
    });
    return { nodeId, clusterName: 'demo', slots: 2, joinToken };
  };
  const joined = (nodeId: string) =>
    until(`${nodeId} is ready`, () => findNode(deps.db, nodeId)?.state === 'ready');
  /** As a takedown does it: the control channel says stop first. */
  const destroy = async (nodeId: string, ref: ProviderRef | null): Promise<void> => {
    updateNode(deps.db, nodeId, { state: 'lost' });
    deps.notices.notify(nodeTopic(nodeId));
    await provider.destroy(nodeId, ref);
  };
  return { deps, provider, order, joined, destroy };
};

/** What every provider keeps: one file and one row, and it passes this. */
export const testProvider = (suite: Conformance): void => {
  describe(`provider ${suite.name}`, () => {
    test('a machine that was made joins with its token', async (t) => {
      const { deps, provider, order, joined, destroy } = await setUp(t, suite);
      const one = order();
      const ref = await provider.create(one);
      assert.deepEqual(JSON.parse(JSON.stringify(ref)), ref, 'the ref survives the database');
      await joined(one.nodeId);
      assert.equal((await provider.describe(one.nodeId, ref)).state, 'running');
      assert.ok((findNode(deps.db, one.nodeId)?.cpus ?? 0) > 0);
      await destroy(one.nodeId, ref);
    });

    test('what was destroyed is gone, and may be destroyed again', async (t) => {
      const { provider, order, joined, destroy } = await setUp(t, suite);
      const one = order();
      const ref = await provider.create(one);
      await joined(one.nodeId);
      await destroy(one.nodeId, ref);
      assert.equal((await provider.describe(one.nodeId, ref)).state, 'gone');
      await destroy(one.nodeId, ref);
      await destroy(one.nodeId, null);
    });

    test('destroying one machine leaves the other', async (t) => {
      const { provider, order, joined, destroy } = await setUp(t, suite);
      const [one, two] = [order(0), order(1)];
      const refs = await Promise.all([provider.create(one), provider.create(two)]);
      await Promise.all([joined(one.nodeId), joined(two.nodeId)]);
      await destroy(one.nodeId, refs[0]);
      assert.equal((await provider.describe(one.nodeId, refs[0])).state, 'gone');
      assert.equal((await provider.describe(two.nodeId, refs[1])).state, 'running');
      await destroy(two.nodeId, refs[1]);
    });

    test('a machine whose ref was never written down is found and destroyed', async (t) => {
      const { provider, order, joined, destroy } = await setUp(t, suite);
      const one = order();
      const ref = await provider.create(one);
      await joined(one.nodeId);
      await destroy(one.nodeId, null);
      assert.equal((await provider.describe(one.nodeId, ref)).state, 'gone');
    });

    test('the same order again leaves one machine', async (t) => {
      const { deps, provider, order, joined, destroy } = await setUp(t, suite);
      const one = order();
      const first = await provider.create(one);
      await joined(one.nodeId);
      const again = { ...one, joinToken: makeToken(deps.random) };
      updateNode(deps.db, one.nodeId, {
        state: 'provisioning',
        joinHash: hashToken(again.joinToken),
      });
      const second = await provider.create(again);
      await joined(one.nodeId);
      const states = [
        (await provider.describe(one.nodeId, first)).state,
        (await provider.describe(one.nodeId, second)).state,
      ];
      assert.ok(states[1] === 'running');
      assert.ok(states[0] === 'gone' || JSON.stringify(first) === JSON.stringify(second));
      await destroy(one.nodeId, second);
    });
  });
};
