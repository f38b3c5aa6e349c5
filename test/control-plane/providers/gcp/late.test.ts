// Machines that lists have only a while after they were ordered, and for a while after they are gone.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Gce } from '../../../emulators/gce/start.ts';
import { GCP_SPEC, makeGcp, startOnPaper, upGcp } from '../../../helpers/gcp.ts';

/** Longer than any test here takes: what is there is found before. */
const SETTLE_MS = 30_000;
const LATE_MS = 1200;

const inserts = ({ calls }: Gce): number =>
  calls.filter((name) => name === 'RegionInstances.BulkInsert').length;

/** An `up` whose process is dead as soon as its order is taken; returns the orders as the next process has them. */
const dieAfterOrder = async (gce: Gce, gcp: ReturnType<typeof makeGcp>) => {
  let isDead = false;
  gce.watch = (moment, { name }) => {
    isDead ||= moment === 'after' && name === 'RegionInstances.BulkInsert';
    return isDead;
  };
  const { orders, refs } = await upGcp(gcp);
  gce.watch = null;
  assert.equal(refs.length, 0);
  return orders.map((order) => ({ ...order, isInherited: true }));
};

describe('an order whose sender died', () => {
  test('is waited for where the cloud is still at work on it, and what it made is deleted', async (t) => {
    const gce = await startOnPaper(t);
    gce.delays.orderMs = LATE_MS;
    const orders = await dieAfterOrder(gce, makeGcp(t, gce));
    // Nothing but the operation tells of it.
    const { provider } = makeGcp(t, gce, { settleMs: 0 });
    for (const order of orders) await provider.destroy(order.nodeId, null, order);
    assert.deepEqual([gce.vms.size, gce.firewalls.size], [0, 0]);
    assert.deepEqual(gce.books.running(), []);
    assert.ok(gce.books.entries.length > 0, 'it did make machines');
  });

  test('is waited for where its machines are in no list yet', async (t) => {
    const gce = await startOnPaper(t);
    gce.delays.listMs = LATE_MS;
    const orders = await dieAfterOrder(gce, makeGcp(t, gce));
    assert.equal(gce.vms.size, 2);
    const { provider } = makeGcp(t, gce, { settleMs: SETTLE_MS });
    for (const order of orders) await provider.destroy(order.nodeId, null, order);
    assert.deepEqual([gce.vms.size, gce.firewalls.size], [0, 0]);
  });

  test('is not repeated by who goes on with it', async (t) => {
    const gce = await startOnPaper(t);
    Object.assign(gce.delays, { orderMs: LATE_MS, listMs: LATE_MS });
    await dieAfterOrder(gce, makeGcp(t, gce));
    const before = inserts(gce);
    const next = makeGcp(t, gce, { settleMs: SETTLE_MS });
    const { refs } = await upGcp(next, undefined, { isInherited: true });
    assert.equal(refs.length, 2);
    assert.deepEqual([gce.vms.size, inserts(gce)], [2, before]);
  });

  test("of another control plane is nobody's to wait for", async (t) => {
    const gce = await startOnPaper(t);
    gce.delays.orderMs = 3_600_000;
    const orders = await dieAfterOrder(gce, makeGcp(t, gce, { controlPlane: 'ffff000011112222' }));
    const { provider } = makeGcp(t, gce);
    for (const order of orders) await provider.destroy(order.nodeId, null, order);
    const open = [...gce.operations.values()].filter(({ status }) => status !== 'DONE');
    assert.equal(open.length, 1);
  });
});

/** An `up` that nobody wants any more as soon as its order is taken. */
const abortAfterOrder = (gce: Gce, gcp: Parameters<typeof upGcp>[0]) => {
  const unwanted = new AbortController();
  gce.watch = (moment, { name }) => {
    if (moment === 'after' && name === 'RegionInstances.BulkInsert') unwanted.abort();
    return false;
  };
  return upGcp(gcp, GCP_SPEC, { signal: unwanted.signal, isFirst: true });
};

describe('an order that nobody wants any more', () => {
  for (const [what, delay, settleMs] of [
    ['before it made anything', 'orderMs', 0],
    ['before its machines are listed', 'listMs', SETTLE_MS],
  ] as const) {
    test(`${what} has what comes of it deleted`, async (t) => {
      const gce = await startOnPaper(t);
      gce.delays[delay] = LATE_MS;
      const { provider, access } = makeGcp(t, gce, { settleMs });
      const { orders, refs } = await abortAfterOrder(gce, { provider, access });
      assert.equal(refs.length, 0);
      await Promise.all(orders.map((order) => provider.destroy(order.nodeId, null, order)));
      assert.deepEqual([gce.vms.size, gce.firewalls.size], [0, 0]);
      assert.deepEqual(gce.books.running(), []);
      assert.ok(gce.books.entries.length > 0, 'it did make machines');
    });
  }
});

describe('lists that follow later', () => {
  test('do not make an order of machines that run a refused one', async (t) => {
    const gce = await startOnPaper(t);
    gce.delays.listMs = LATE_MS;
    const { refs } = await upGcp(makeGcp(t, gce, { settleMs: SETTLE_MS }));
    assert.equal(refs.length, 2);
    assert.deepEqual([gce.vms.size, inserts(gce)], [2, 1]);
  });

  test('do not keep the firewall rule of machines that are gone', async (t) => {
    const gce = await startOnPaper(t);
    const gcp = makeGcp(t, gce);
    const { orders } = await upGcp(gcp);
    gce.delays.listMs = 3_600_000;
    for (const order of orders) await gcp.provider.destroy(order.nodeId, null, order);
    assert.equal(gce.lingering.size, 2);
    assert.deepEqual([gce.vms.size, gce.firewalls.size], [0, 0]);
  });
});
