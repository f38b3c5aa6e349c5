import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { attend } from '../../../control-plane/clusters/attended.ts';
import { bringUp } from '../../../control-plane/clusters/bring-up.ts';
import { NO_ACCESS } from '../../../control-plane/clusters/site.ts';
import { tendClusters } from '../../../control-plane/clusters/tick.ts';
import { createProviders } from '../../../control-plane/providers/registry.ts';
import { findLiveCluster } from '../../../control-plane/store/clusters.ts';
import { type Cleanup, createTestDeps } from '../../helpers/control-plane.ts';
import { createFakeProvider } from '../../helpers/fake-provider.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';

const OFFER = {
  ...{ instanceType: 'big', region: 'r', zone: '', arch: 'x86_64', spot: false },
  ...{ vcpus: 64, memoryGib: 256, usdPerHour: { machine: 3, disk: 0, address: 0 } },
};
const SPEC = {
  ...{ provider: 'local' as const, nodes: 2, cpusPerNode: 64 },
  ...{ idleTimeoutMs: 0, maxLifetimeMs: 0 },
};

const setUp = (t: Cleanup) => {
  const clock = createManualClock();
  const fake = createFakeProvider();
  const plan = async () => [0, 1].map(() => ({ slots: 64, plan: { offer: OFFER } }));
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

  test('of a caller that does not wait stays', async (t) => {
    const { clock, deps, fake } = setUp(t);
    await bringUp(deps, { ...ask, access: NO_ACCESS });
    clock.advance(120_000);
    await tendClusters(deps);
    assert.equal(fake.machines.size, 2);
  });
});
