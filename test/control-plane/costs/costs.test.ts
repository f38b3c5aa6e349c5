import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bringUp } from '../../../control-plane/clusters/bring-up.ts';
import { decideSpending } from '../../../control-plane/clusters/reconcile.ts';
import { repriceMachines } from '../../../control-plane/clusters/reprice.ts';
import { takeDown } from '../../../control-plane/clusters/take-down.ts';
import { tendClusters } from '../../../control-plane/clusters/tick.ts';
import { viewCluster } from '../../../control-plane/clusters/view.ts';
import { closeLedger, openLedger, settleBill } from '../../../control-plane/costs/ledger.ts';
import { clusterCost, costReport } from '../../../control-plane/costs/report.ts';
import { costBetween, rateAt, segmentsOf } from '../../../control-plane/costs/segments.ts';
import type { Db } from '../../../control-plane/db/open.ts';
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

const SPEC = {
  ...{ provider: 'local' as const, nodes: 1, cpusPerNode: 2, idleTimeoutMs: 0, maxLifetimeMs: 0 },
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
    ...SPEC,
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

describe('the ledger', () => {
  const of = { clusterId: 'c', nodeId: 'n' };
  const bill = { offer: OFFER, createdAt: 1000, startedAt: null };
  const rowsOf = (db: Db) =>
    listPrices(db, 'c').map(({ at, machine, disk, address }) => [at, machine, disk, address]);

  test('has a machine from its order on, and what it costs more as it runs; told again it is the same', (t) => {
    const { db } = createTestDeps(t);
    const running = { ...bill, startedAt: 5000 };
    for (const one of [bill, bill, running, running, bill]) openLedger(db, of, one);
    const begun = [
      [1000, 0, 0.5, 0],
      [5000, 3, 0.5, 0.5],
    ];
    assert.deepEqual(rowsOf(db), begun);
    closeLedger(db, of, 9000);
    openLedger(db, of, running);
    assert.deepEqual(rowsOf(db), [...begun, [9000, 0, 0, 0]]);
    // The machine that has its place next.
    openLedger(db, of, { ...bill, createdAt: 20_000 });
    openLedger(db, of, { ...bill, createdAt: 30_000 });
    assert.deepEqual(rowsOf(db).slice(3), [
      [20_000, 0, 0.5, 0],
      [30_000, 0, 0, 0],
      [30_000, 0, 0.5, 0],
    ]);
  });

  test('a machine that nobody knew of counts by what its end says', (t) => {
    const { db } = createTestDeps(t);
    const last = { ...bill, startedAt: 1000, endedAt: HOUR_MS + 1000 };
    for (let told = 0; told < 2; told++) settleBill(db, of, last);
    assert.equal(clusterCost(db, 'c', 0, 10 * HOUR_MS), 4);
  });

  test('a price that changes while a machine runs begins a segment, and no row changes', async (t) => {
    const { clock, deps, cluster } = await setUp(t);
    const [before] = listPrices(deps.db, cluster.id);
    const provider = deps.providers.get('local');
    const prices = [3, 1, 1];
    provider.priceNow = async () => prices.shift() ?? null;
    for (let looks = 0; looks < 4; looks++) {
      clock.advance(HOUR_MS);
      await repriceMachines(deps);
    }
    // Two hours at 4 USD, two at 2.
    assert.equal(clusterCost(deps.db, cluster.id, 0, clock.now()), 12);
    assert.deepEqual(listPrices(deps.db, cluster.id)[0], before);
    assert.equal(listPrices(deps.db, cluster.id).length, 3);
    const [node] = viewCluster(deps, cluster).nodes;
    assert.deepEqual(node?.offer?.usdPerHour, { ...OFFER.usdPerHour, machine: 1 });
  });

  test('a machine that never gets as far as a worker is in it', async (t) => {
    const { clock, deps } = await setUp(t);
    const fake = createFakeProvider({ tunneled: true });
    fake.slow = async ({ onBill }) => {
      onBill?.({ offer: OFFER, createdAt: clock.now(), startedAt: clock.now() });
      await new Promise(() => undefined);
    };
    const slow = { ...deps, providers: createProviders([fake]) };
    const spec = { ...SPEC, nodes: 1 };
    const { cluster } = await bringUp(slow, { name: 'slow', spec });
    clock.advance(HOUR_MS);
    assert.equal(clusterCost(deps.db, cluster.id, 0, clock.now()), 4);
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
