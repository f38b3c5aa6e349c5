import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bringUp } from '../../../control-plane/clusters/bring-up.ts';
import { checkIdle } from '../../../control-plane/clusters/check-idle.ts';
import { tendClusters } from '../../../control-plane/clusters/tick.ts';
import { createProviders } from '../../../control-plane/providers/registry.ts';
import { findLiveCluster } from '../../../control-plane/store/clusters.ts';
import { createTestDeps } from '../../helpers/control-plane.ts';
import { createFakeProvider } from '../../helpers/fake-provider.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';

const specOf = (idleTimeoutMs: number) => ({
  ...{ provider: 'local' as const, nodes: 1, cpusPerNode: 1 },
  ...{ idleTimeoutMs, maxLifetimeMs: 0 },
});

describe('idle_timeout', () => {
  test('is refused elsewhere where it is too short to see who is logged in', () => {
    const elsewhere = createFakeProvider({ onThisMachine: false });
    assert.throws(() => checkIdle(specOf(8000), elsewhere), /at least 15s, or 0, got 8s/);
    checkIdle(specOf(0), elsewhere);
    checkIdle(specOf(15_000), elsewhere);
    checkIdle(specOf(8000), createFakeProvider());
  });

  test('begins when nobody is logged in any more', async (t) => {
    const clock = createManualClock();
    const fake = createFakeProvider();
    let hasGuests = true;
    const describe: typeof fake.describe = async () => ({
      ...{ state: 'running', problem: null, hasGuests },
    });
    const deps = createTestDeps(t, { clock, providers: createProviders([{ ...fake, describe }]) });
    await bringUp(deps, { name: 'demo', spec: specOf(20_000) });
    const look = async () => {
      clock.advance(15_000);
      await tendClusters(deps);
    };
    for (let looks = 0; looks < 4; looks++) await look();
    assert.equal(findLiveCluster(deps.db, 'demo')?.state, 'up');
    hasGuests = false;
    await look();
    assert.equal(findLiveCluster(deps.db, 'demo')?.state, 'up');
    await look();
    assert.equal(findLiveCluster(deps.db, 'demo'), undefined);
  });
});
