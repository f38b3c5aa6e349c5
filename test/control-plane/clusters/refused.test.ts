// Machines that are refused once they are there already: nobody reaches them, say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bringUp } from '../../../control-plane/clusters/bring-up.ts';
import { resize } from '../../../control-plane/clusters/resize.ts';
import { tendClusters } from '../../../control-plane/clusters/tick.ts';
import { rateAt, segmentsOf } from '../../../control-plane/costs/segments.ts';
import { createProviders } from '../../../control-plane/providers/registry.ts';
import { listNodes } from '../../../control-plane/store/nodes.ts';
import { listPrices } from '../../../control-plane/store/prices.ts';
import { PxError } from '../../../protocol/errors.ts';
import { type Cleanup, createTestDeps } from '../../helpers/control-plane.ts';
import { createFakeProvider } from '../../helpers/fake-provider.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';

const OFFER = {
  ...{ instanceType: 'big', region: 'r', zone: '', arch: 'x86_64', spot: false },
  ...{ vcpus: 4, memoryGib: 16, usdPerHour: { machine: 3, disk: 1, address: 0 } },
};

/** A cluster of one node, whose machine runs and is refused. */
const setUp = async (t: Cleanup, mayBeLeft: boolean) => {
  const clock = createManualClock();
  const provider = createFakeProvider({ refusesForGood: true, mayBeLeft });
  provider.slow = async ({ onBill }) => {
    onBill?.({ offer: OFFER, createdAt: clock.now(), startedAt: clock.now() });
    clock.advance(180_000);
    throw new PxError('provider_refused', 'it shows no host keys', { hint: 'open port 22' });
  };
  const deps = createTestDeps(t, { clock, providers: createProviders([provider]) });
  const limits = { idleTimeoutMs: 0, maxLifetimeMs: 0 };
  const spec = { provider: 'local', nodes: 1, cpusPerNode: 1, ...limits } as const;
  const bring = () => bringUp(deps, { name: 'demo', spec });
  const rate = (clusterId: string) =>
    rateAt(segmentsOf(listPrices(deps.db, clusterId)), clock.now());
  return { provider, deps, bring, rate };
};

test('a machine that is refused for good goes with its bill, and the next resize asks for another', async (t) => {
  const { provider, deps, bring, rate } = await setUp(t, false);
  const { cluster } = await bring();
  const [node] = listNodes(deps.db, cluster.id);
  assert.deepEqual(
    [node?.state, node?.problem, node?.problemCode, node?.problemHint],
    ['lost', 'it shows no host keys', 'provider_refused', 'open port 22'],
  );
  assert.deepEqual([provider.machines.size, rate(cluster.id)], [0, 0]);
  await tendClusters(deps);
  assert.equal(provider.created.length, 1, 'nothing has been mended');
  provider.slow = async () => undefined;
  await resize(deps, cluster, { nodes: 1 });
  assert.deepEqual([provider.machines.size, provider.created.length], [1, 2]);
});

test('one that cannot be deleted is said to be there', async (t) => {
  const { provider, deps, bring, rate } = await setUp(t, false);
  provider.refuse.destroy = true;
  const { cluster } = await bring();
  const [node] = listNodes(deps.db, cluster.id);
  assert.equal(node?.state, 'lost');
  assert.match(node?.problem ?? '', /no host keys\nIts machine may still be there: quota exceeded/);
  assert.equal(rate(cluster.id), 4);
});

test("a host of the user's own is left to its user", async (t) => {
  const { provider, deps, bring } = await setUp(t, true);
  const { cluster } = await bring();
  assert.equal(listNodes(deps.db, cluster.id)[0]?.state, 'lost');
  assert.equal(provider.machines.size, 1);
});
