import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bringUp } from '../../../control-plane/clusters/bring-up.ts';
import { decideSpending } from '../../../control-plane/clusters/reconcile.ts';
import { takeDown } from '../../../control-plane/clusters/take-down.ts';
import { tendClusters } from '../../../control-plane/clusters/tick.ts';
import { clusterCost, costReport } from '../../../control-plane/costs/report.ts';
import { costBetween, rateAt, segmentsOf } from '../../../control-plane/costs/segments.ts';
import { createProviders } from '../../../control-plane/providers/registry.ts';
import { findCluster } from '../../../control-plane/store/clusters.ts';
import { listPrices } from '../../../control-plane/store/prices.ts';
import { type Cleanup, createTestDeps } from '../../helpers/control-plane.ts';
import { createFakeProvider } from '../../helpers/fake-provider.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';

const HOUR_MS = 3_600_000;
const ROW = { seq: 0, clusterId: 'c', nodeId: 'n', machine: 0, disk: 0, address: 0 };
const OFFER = {
  ...{ instanceType: 'e2-standard-2', region: 'us-central1', zone: 'us-central1-a' },
  ...{ arch: 'x86_64', spot: false, vcpus: 2, memoryGib: 8 },
  usdPerHour: { machine: 3, disk: 0.5, address: 0.5 },
};

/** A cluster of one node whose machine costs 4 USD an hour. */
const setUp = async (t: Cleanup, maxCostUsd?: number) => {
  const clock = createManualClock();
  const fake = createFakeProvider();
  const provider = {
    ...fake,
    create: async (order: Parameters<typeof fake.create>[0]) => {
      const ref = await fake.create(order);
      return { ...ref, offer: OFFER, createdAt: clock.now(), startedAt: clock.now() };
    },
  };
  const deps = createTestDeps(t, { clock, providers: createProviders([provider]) });
  const spec = {
    ...{ provider: 'local' as const, nodes: 1, cpusPerNode: 2, idleTimeoutMs: 0, maxLifetimeMs: 0 },
    ...(maxCostUsd === undefined ? {} : { maxCostUsd }),
  };
  const { cluster } = await bringUp(deps, { name: 'demo', spec });
  return { clock, deps, cluster };
};

describe('what machines cost', () => {
  test('a segment lasts until the next price, and the disk costs before the machine runs', () => {
    const segments = segmentsOf([
      { ...ROW, at: 0, disk: 1 },
      { ...ROW, at: HOUR_MS, machine: 10, disk: 1, address: 1 },
      { ...ROW, at: 2 * HOUR_MS, machine: 5, disk: 1, address: 1 },
      { ...ROW, at: 4 * HOUR_MS },
    ]);
    assert.equal(costBetween(segments, 0, 10 * HOUR_MS), 1 + 12 + 14);
    assert.equal(costBetween(segments, 0, 1.5 * HOUR_MS), 1 + 6);
    assert.equal(rateAt(segments, 3 * HOUR_MS), 7);
    assert.equal(rateAt(segments, 4 * HOUR_MS), 0);
  });

  test('a machine that was off within a minute is paid for a minute, its disk is not', () => {
    const segments = segmentsOf([
      { ...ROW, at: 0, machine: 60, disk: 60, address: 0 },
      { ...ROW, at: 10_000 },
    ]);
    assert.equal(costBetween(segments, 0, HOUR_MS).toFixed(6), (1 + 1 / 6).toFixed(6));
    assert.equal(costBetween(segments, 0, 10_000).toFixed(6), (1 + 1 / 6).toFixed(6));
  });

  test('a cluster costs from its machines on until they are gone, and no longer', async (t) => {
    const { clock, deps, cluster } = await setUp(t);
    clock.advance(HOUR_MS);
    assert.equal(clusterCost(deps.db, cluster.id, 0, clock.now()), 4);
    const [line] = costReport(deps.db, 'cluster', clock.now());
    assert.deepEqual([line?.name, line?.usd, line?.usdPerHour], ['demo', 4, 4]);
    await takeDown(deps, cluster.id);
    clock.advance(HOUR_MS);
    assert.equal(clusterCost(deps.db, cluster.id, 0, clock.now()), 4);
    const days = costReport(deps.db, 'day', clock.now());
    assert.equal(
      days.reduce((sum, { usd }) => sum + usd, 0),
      4,
    );
    assert.equal(costReport(deps.db, 'cluster', clock.now())[0]?.usdPerHour, 0);
    assert.equal(listPrices(deps.db, cluster.id).length, 3, 'rows are only added');
  });
});

describe('max_cost', () => {
  test('near it no new work begins, and at it or without work the cluster ends', () => {
    const facts = { maxCostUsd: 10, leases: 1 };
    const decisions = [
      decideSpending({ ...facts, spentUsd: 8.9 }),
      decideSpending({ ...facts, spentUsd: 9 }),
      decideSpending({ ...facts, spentUsd: 9, leases: 0 }),
      decideSpending({ ...facts, spentUsd: 10 }),
    ];
    assert.deepEqual(decisions, ['none', 'drain', 'end', 'end']);
  });

  test('a cluster that has spent it goes down', async (t) => {
    const { clock, deps, cluster } = await setUp(t, 2);
    clock.advance(HOUR_MS / 4);
    await tendClusters(deps);
    assert.equal(findCluster(deps.db, cluster.id)?.state, 'up');
    clock.advance(HOUR_MS / 4);
    await tendClusters(deps);
    assert.equal(findCluster(deps.db, cluster.id)?.state, 'down');
    assert.equal(clusterCost(deps.db, cluster.id, 0, clock.now()), 2);
  });
});
