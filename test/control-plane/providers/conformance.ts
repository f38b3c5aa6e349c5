import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createApp } from '../../../control-plane/app.ts';
import { NO_ACCESS } from '../../../control-plane/clusters/site.ts';
import type { Deps } from '../../../control-plane/deps.ts';
import { allHandlers } from '../../../control-plane/handlers.ts';
import { nodeTopic } from '../../../control-plane/notices.ts';
import type {
  NodeOrder,
  Provider,
  ProviderRef,
} from '../../../control-plane/providers/provider.ts';
import { insertCluster } from '../../../control-plane/store/clusters.ts';
import { findNode, insertNode, updateNode } from '../../../control-plane/store/nodes.ts';
import { hashToken, makeToken } from '../../../control-plane/token.ts';
import { makeId } from '../../../protocol/ids.ts';
import type { ClusterAccess, ClusterSpec } from '../../../protocol/messages/clusters.ts';
import { type Cleanup, createTestDeps } from '../../helpers/control-plane.ts';
import { listen } from '../../helpers/listen.ts';
import { until } from '../../helpers/processes.ts';

/** What a suite brings for its provider. */
interface Conformance {
  name: string;
  /** Where its machines cannot be had. */
  skip?: boolean;
  /** The provider; its workers find the control plane at `url`. All that it made goes after the test. */
  make(t: Cleanup, deps: Deps, url: string): Made | Promise<Made>;
}

interface Made {
  provider: Provider;
  /** What the cluster asks for beside two nodes. */
  spec?: Partial<ClusterSpec>;
  access?: ClusterAccess;
}

const NODE_COUNT = 2;

/** The machine that a ref names, without the times that its making took. */
const machineOf = ({ phases: _, ...ref }: ProviderRef): string => JSON.stringify(ref);

const setUp = async (t: Cleanup, { make }: Conformance) => {
  const deps = createTestDeps(t);
  const app = createApp(deps, allHandlers(deps));
  const made = await make(t, deps, await listen(t, app.fetch));
  const { provider, spec: own = {}, access = NO_ACCESS } = made;
  const clusterId = makeId('c', deps.random(10));
  const spec: ClusterSpec = {
    ...{ provider: provider.name, nodes: NODE_COUNT, cpusPerNode: 2 },
    ...{ idleTimeoutMs: 0, maxLifetimeMs: 0, ...own },
  };
  insertCluster(deps.db, {
    ...{ id: clusterId, name: 'demo', state: 'up', spec, createdAt: 0, activeAt: 0 },
  });
  const plans = await provider.plan({ name: 'demo', spec, access });
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
    const site = {
      ...{ clusterId, clusterName: 'demo', nodeName: `demo-${ordinal}`, ordinal, spec },
      ...{ access, plan: plans[ordinal]?.plan ?? null },
    };
    return { ...site, nodeId, slots: 2, joinToken };
  };
  const joined = (nodeId: string) =>
    until(`${nodeId} is ready`, () => findNode(deps.db, nodeId)?.state === 'ready');
  /** As a takedown does it: the control channel says stop first. */
  const destroy = async (one: NodeOrder, ref: ProviderRef | null): Promise<void> => {
    updateNode(deps.db, one.nodeId, { state: 'lost' });
    deps.notices.notify(nodeTopic(one.nodeId));
    await provider.destroy(one.nodeId, ref, one);
  };
  const stateOf = async (one: NodeOrder, ref: ProviderRef): Promise<string> =>
    (await provider.describe(one.nodeId, ref, one)).state;
  return { deps, provider, order, joined, destroy, stateOf };
};

/** What every provider keeps: one file and one row, and it passes this. */
export const testProvider = (suite: Conformance): void => {
  describe(`provider ${suite.name}`, () => {
    test('a machine that was made joins with its token', {
      skip: suite.skip ?? false,
    }, async (t) => {
      const { deps, provider, order, joined, destroy, stateOf } = await setUp(t, suite);
      const one = order();
      const ref = await provider.create(one);
      assert.deepEqual(JSON.parse(JSON.stringify(ref)), ref, 'the ref survives the database');
      await joined(one.nodeId);
      assert.equal(await stateOf(one, ref), 'running');
      assert.ok((findNode(deps.db, one.nodeId)?.cpus ?? 0) > 0);
      await destroy(one, ref);
    });

    test('what was destroyed is gone, and may be destroyed again', {
      skip: suite.skip ?? false,
    }, async (t) => {
      const { provider, order, joined, destroy, stateOf } = await setUp(t, suite);
      const one = order();
      const ref = await provider.create(one);
      await joined(one.nodeId);
      await destroy(one, ref);
      assert.equal(await stateOf(one, ref), 'gone');
      await destroy(one, ref);
      await destroy(one, null);
    });

    test('destroying one machine leaves the other', { skip: suite.skip ?? false }, async (t) => {
      const { provider, order, joined, destroy, stateOf } = await setUp(t, suite);
      const [one, two] = [order(0), order(1)];
      const refs = await Promise.all([provider.create(one), provider.create(two)]);
      await Promise.all([joined(one.nodeId), joined(two.nodeId)]);
      await destroy(one, refs[0]);
      assert.equal(await stateOf(one, refs[0]), 'gone');
      assert.equal(await stateOf(two, refs[1]), 'running');
      await destroy(two, refs[1]);
    });

    test('a machine whose ref was never written down is found and destroyed', {
      skip: suite.skip ?? false,
    }, async (t) => {
      const { provider, order, joined, destroy, stateOf } = await setUp(t, suite);
      const one = order();
      const ref = await provider.create(one);
      await joined(one.nodeId);
      await destroy(one, null);
      assert.equal(await stateOf(one, ref), 'gone');
    });

    test('the same order again leaves one machine', { skip: suite.skip ?? false }, async (t) => {
      const { deps, provider, order, joined, destroy, stateOf } = await setUp(t, suite);
      const one = order();
      const first = await provider.create(one);
      await joined(one.nodeId);
      const again = { ...one, joinToken: makeToken(deps.random) };
      updateNode(deps.db, one.nodeId, {
        state: 'provisioning',
        tokenHash: null,
        joinHash: hashToken(again.joinToken),
      });
      const second = await provider.create(again);
      await joined(one.nodeId);
      const states = [await stateOf(one, first), await stateOf(one, second)];
      assert.ok(states[1] === 'running');
      assert.ok(states[0] === 'gone' || machineOf(first) === machineOf(second));
      await destroy(one, second);
    });
  });
};
