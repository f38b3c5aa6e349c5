import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { attend, keepCluster } from '../../../control-plane/clusters/attended.ts';
import { bringUp } from '../../../control-plane/clusters/bring-up.ts';
import { resize } from '../../../control-plane/clusters/resize.ts';
import { NO_ACCESS } from '../../../control-plane/clusters/site.ts';
import { takeDown } from '../../../control-plane/clusters/take-down.ts';
import { tendClusters } from '../../../control-plane/clusters/tick.ts';
import { viewCluster } from '../../../control-plane/clusters/view.ts';
import { submitJob } from '../../../control-plane/jobs/submit.ts';
import { createProviders } from '../../../control-plane/providers/registry.ts';
import { findCluster, findLiveCluster } from '../../../control-plane/store/clusters.ts';
import { listNodes, updateNode } from '../../../control-plane/store/nodes.ts';
import { PxError } from '../../../protocol/errors.ts';
import { type Cleanup, createTestDeps } from '../../helpers/control-plane.ts';
import { createFakeProvider } from '../../helpers/fake-provider.ts';
import { submission } from '../../helpers/jobs.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';

const OFFER = {
  ...{ instanceType: 'big', region: 'r', zone: '', arch: 'x86_64', spot: false },
  ...{ vcpus: 64, memoryGib: 256, usdPerHour: { machine: 3, disk: 0, address: 0 } },
};
const SPEC = {
  ...{ provider: 'local' as const, nodes: 2, cpusPerNode: 64 },
  ...{ idleTimeoutMs: 0, maxLifetimeMs: 0 },
};

const SMALL = { name: 'small', spec: { ...SPEC, nodes: 1 } };

const setUp = (t: Cleanup, promises = {}) => {
  const clock = createManualClock();
  const fake = createFakeProvider(promises);
  const plan: typeof fake.plan = async ({ spec }) =>
    Array.from({ length: spec.nodes }, () => ({ slots: 64, plan: { offer: OFFER } }));
  const providers = createProviders([{ ...fake, plan }]);
  return { clock, fake, deps: createTestDeps(t, { clock, providers }) };
};

describe('a cluster above 5 USD an hour', () => {
  test('is made only where somebody agreed to its price, or it has a max_cost', async (t) => {
    const { deps, fake } = setUp(t);
    const ask = { name: 'big', spec: SPEC, access: NO_ACCESS };
    const agreed = (usd: number) => ({ ...ask, access: { ...NO_ACCESS, agreedUsdPerHour: usd } });
    await assert.rejects(bringUp(deps, ask), /costs \$6\.00 an hour, which is above \$5\.00/);
    await assert.rejects(bringUp(deps, agreed(5.5)), /costs \$6\.00/);
    assert.equal(fake.machines.size, 0);
    await bringUp(deps, { ...ask, name: 'limited', spec: { ...SPEC, maxCostUsd: 10 } });
    await bringUp(deps, agreed(6));
    assert.equal(fake.machines.size, 4);
  });

  test('grows to that only where somebody agreed', async (t) => {
    const { deps, fake } = setUp(t);
    const ask = { name: 'big', spec: { ...SPEC, nodes: 1 }, access: NO_ACCESS };
    const { cluster } = await bringUp(deps, ask);
    const unsaid = resize(deps, cluster, { nodes: 2 });
    await assert.rejects(unsaid, /costs \$6\.00 an hour, which is above \$5\.00/);
    assert.equal(fake.machines.size, 1);
    await resize(deps, cluster, { nodes: 2, agreedUsdPerHour: 6 });
    assert.equal(fake.machines.size, 2);
    // Whoever brings up what is up agrees to nothing less.
    const same = { ...ask, spec: { ...SPEC, nodes: 2 } };
    await bringUp(deps, same);
    assert.equal(findCluster(deps.db, cluster.id)?.access?.agreedUsdPerHour, 6);
  });

  test('tells its machines what it may cost, and what the others do', async (t) => {
    const { deps, fake } = setUp(t);
    const ceiling = () => fake.created.at(-1)?.agreed?.usdPerHour;
    const ask = { name: 'one', spec: { ...SPEC, nodes: 1 }, access: NO_ACCESS };
    const { cluster } = await bringUp(deps, ask);
    assert.equal(ceiling(), 5);
    assert.equal(fake.created.at(-1)?.isFirst, true);
    await resize(deps, cluster, { nodes: 3, agreesToAny: true });
    assert.equal(ceiling(), Number.POSITIVE_INFINITY);
    const [order] = fake.created;
    assert.ok(order !== undefined);
    assert.deepEqual([order.agreed?.others([order.nodeId]), order.agreed?.others([])], [6, 9]);
    const more = { ...cluster, spec: { ...cluster.spec, nodes: 3 } };
    const live = { ...more, access: { ...NO_ACCESS, agreesToAny: true } };
    await assert.rejects(resize(deps, live, { nodes: 4 }), /costs \$12\.00 an hour/);
    await bringUp(deps, { ...ask, name: 'limited', spec: { ...ask.spec, maxCostUsd: 10 } });
    assert.equal(ceiling(), Number.POSITIVE_INFINITY);
  });

  test('asks again for a machine that was refused, where somebody resizes it again', async (t) => {
    const { deps, fake } = setUp(t, { refusesForGood: true });
    const { cluster } = await bringUp(deps, { ...SMALL, access: NO_ACCESS });
    fake.refuse.create = true;
    await resize(deps, cluster, { nodes: 2, agreesToAny: true });
    assert.deepEqual(
      listNodes(deps.db, cluster.id).map(({ state }) => state),
      ['provisioning', 'lost'],
    );
    const [one, none] = viewCluster(deps, cluster).nodes.map(({ offer }) => offer?.instanceType);
    assert.deepEqual([one, none], ['big', undefined], 'what was never made costs nothing');
    fake.refuse.create = false;
    await resize(deps, findCluster(deps.db, cluster.id) ?? cluster, { nodes: 2 });
    assert.equal(fake.machines.size, 2);
    assert.equal(fake.created.at(-1)?.isFirst, false);
  });

  test('asks again within what somebody agrees to now, where the offers that were left cost more', async (t) => {
    const { deps, fake } = setUp(t, { refusesForGood: true });
    fake.refuse.create = true;
    const { cluster } = await bringUp(deps, { ...SMALL, access: NO_ACCESS });
    fake.refuse.create = false;
    await resize(deps, cluster, { nodes: 1, agreesToAny: true });
    assert.equal(fake.created.at(-1)?.agreed?.usdPerHour, Number.POSITIVE_INFINITY);
    assert.equal(findCluster(deps.db, cluster.id)?.access?.agreesToAny, true);
    await resize(deps, cluster, { nodes: 1 });
    assert.equal(findCluster(deps.db, cluster.id)?.access?.agreesToAny, true, 'as many as then');
  });

  test('is not made where max_cost is spent within the minute that is billed at least', async (t) => {
    const { deps, fake } = setUp(t);
    const ask = { name: 'short', spec: { ...SPEC, maxCostUsd: 0.09 } };
    await assert.rejects(bringUp(deps, ask), /first minute costs, \$0\.1000, got \$0\.09/);
    assert.equal(fake.machines.size, 0);
  });
});

describe('a cluster that is still coming up', () => {
  const LOOK_MS = 20_000;
  const ask = { name: 'demo', spec: { ...SPEC, maxCostUsd: 10 } };

  test('goes where the px that waited for it is gone, and stays while one looks', async (t) => {
    const { clock, deps, fake } = setUp(t);
    const { cluster } = await bringUp(deps, { ...ask, access: { ...NO_ACCESS, attended: true } });
    for (let looks = 0; looks < 5; looks++) {
      clock.advance(LOOK_MS);
      attend(deps, cluster.id);
      await tendClusters(deps);
    }
    assert.equal(fake.machines.size, 2);
    clock.advance(60_000);
    await tendClusters(deps);
    assert.equal(findLiveCluster(deps.db, 'demo'), undefined);
    assert.equal(fake.machines.size, 0);
  });

  const attended = (caller: string) => ({ ...NO_ACCESS, attended: true, caller });

  test('is finished when its px has seen that all joined, and not because they have', async (t) => {
    const { clock, deps, fake } = setUp(t);
    const bring = () => bringUp(deps, { ...ask, access: attended('one') });
    const { cluster } = await bring();
    const keep = () => keepCluster(deps, findCluster(deps.db, cluster.id) ?? cluster);
    keep();
    assert.equal(findCluster(deps.db, cluster.id)?.finishedAt, null, 'nothing has joined');
    for (const { id } of listNodes(deps.db, cluster.id)) {
      updateNode(deps.db, id, { state: 'ready', incarnation: 1, joinHash: null });
    }
    // What a control plane that was killed with its px finds: it has joined, and nobody knows.
    deps.fleet.attendedAt.clear();
    await tendClusters(deps);
    clock.advance(60_000);
    await tendClusters(deps);
    assert.equal(fake.machines.size, 0);

    const { cluster: second } = await bring();
    for (const { id } of listNodes(deps.db, second.id)) {
      updateNode(deps.db, id, { state: 'ready', incarnation: 1, joinHash: null });
    }
    keepCluster(deps, second);
    clock.advance(120_000);
    await tendClusters(deps);
    assert.equal(fake.machines.size, 2);
  });

  test('on which somebody runs a job is wanted', async (t) => {
    const { clock, deps, fake } = setUp(t);
    await bringUp(deps, { ...ask, access: attended('one') });
    await submitJob(deps, submission(), null);
    clock.advance(120_000);
    await tendClusters(deps);
    clock.advance(120_000);
    await tendClusters(deps);
    assert.equal(fake.machines.size, 2);
  });

  test('counts as created for its own caller alone, however often that one asks', async (t) => {
    const { deps } = setUp(t);
    const bring = async (caller: string) => {
      const { created } = await bringUp(deps, { ...ask, access: attended(caller) });
      return created;
    };
    assert.deepEqual([await bring('one'), await bring('one')], [true, true]);
    assert.deepEqual([await bring('two'), await bring('one')], [false, false]);
  });

  test('holds no other cluster up, however long its machines take', async (t) => {
    const { clock, deps, fake } = setUp(t, { tunneled: true });
    // It goes on although nobody wants it any more.
    fake.slow = ({ clusterName }) =>
      clusterName === 'demo' ? new Promise(() => undefined) : Promise.resolve();
    await bringUp(deps, { ...ask, access: attended('one') });
    const { cluster } = await bringUp(deps, { ...ask, name: 'other', access: attended('two') });
    await tendClusters(deps);
    clock.advance(60_000);
    attend(deps, cluster.id);
    void tendClusters(deps);
    assert.equal(findLiveCluster(deps.db, 'demo')?.state, 'going_down');
    await deps.fleet.tending.get(cluster.id);
    clock.advance(60_000);
    void tendClusters(deps);
    await deps.fleet.tending.get(cluster.id);
    assert.equal(findCluster(deps.db, cluster.id)?.state, 'down');
  });

  test('and goes ends the creates that are going on, and then destroys what they made', async (t) => {
    const { deps, fake } = setUp(t, { tunneled: true, refusesForGood: true });
    fake.slow = ({ signal }) =>
      new Promise((_, reject) => {
        const refuse = () => reject(new PxError('provider_refused', 'nobody wants it'));
        signal?.addEventListener('abort', refuse);
      });
    const { cluster } = await bringUp(deps, { ...ask, access: attended('one') });
    assert.equal(fake.machines.size, 2);
    await takeDown(deps, cluster.id);
    assert.equal(fake.machines.size, 0);
    assert.equal(findCluster(deps.db, cluster.id)?.state, 'down');
  });

  test('of a caller that does not wait stays', async (t) => {
    const { clock, deps, fake } = setUp(t);
    await bringUp(deps, { ...ask, access: NO_ACCESS });
    clock.advance(120_000);
    await tendClusters(deps);
    assert.equal(fake.machines.size, 2);
  });
});
