import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Capacity, grantOf } from '../../../control-plane/scheduler/grant.ts';

const node: Capacity = { slots: 4, idle: 4, queued: 0 };
const job: Parameters<typeof grantOf>[1] = {
  quota: null,
  held: 0,
  heldBeside: 0,
  meanMs: null,
  unleased: 1000,
  slotShare: 0.5,
};

test('idle slots are filled and nothing waits while the runtime is unknown', () => {
  assert.deepEqual(grantOf(node, job), { beside: 0, fill: 4, ahead: 0 });
});

test('a second of work waits where partitions are short', () => {
  assert.equal(grantOf(node, { ...job, meanMs: 100 }).ahead, 40);
});

test('what waits on a node is filled up once half of it is used up, and not before', () => {
  assert.equal(grantOf({ ...node, idle: 0, queued: 21 }, { ...job, meanMs: 100 }).ahead, 0);
  assert.equal(grantOf({ ...node, idle: 0, queued: 20 }, { ...job, meanMs: 100 }).ahead, 20);
});

test('nothing waits where partitions take longer than a second', () => {
  assert.equal(grantOf(node, { ...job, meanMs: 1001 }).ahead, 0);
});

test('near the end a node takes no more than half its part of what is left', () => {
  assert.equal(grantOf(node, { ...job, meanMs: 1, unleased: 40 }).ahead, 10);
});

test('the work ahead of partitions that take no time is bounded', () => {
  assert.equal(grantOf(node, { ...job, meanMs: 0, unleased: null }).ahead, 512);
});

test('-p below the slots holds the job to its quota', () => {
  assert.deepEqual(grantOf(node, { ...job, quota: 3, held: 2, meanMs: 1 }), {
    beside: 0,
    fill: 1,
    ahead: 0,
  });
  assert.deepEqual(grantOf(node, { ...job, quota: 0 }), { beside: 0, fill: 0, ahead: 0 });
});

test('a node is given at most 64 extra slots at a time, however large -p is', () => {
  assert.equal(grantOf(node, { ...job, quota: 100_000 }).beside, 64);
  assert.equal(grantOf(node, { ...job, quota: 100_000, held: 964, heldBeside: 960 }).beside, 64);
});

test('-p above the slots opens extra slots up to the quota', () => {
  assert.equal(
    grantOf({ ...node, idle: 0 }, { ...job, quota: 7, held: 4, heldBeside: 1 }).beside,
    2,
  );
});

test('a grant never passes the idle slots, the extra slots, or the bound of the work ahead', () => {
  const anyNode = fc.record({
    slots: fc.integer({ min: 1, max: 64 }),
    idle: fc.nat(64),
    queued: fc.nat(600),
  });
  const anyJob = fc.record({
    quota: fc.option(fc.nat(200)),
    held: fc.nat(700),
    heldBeside: fc.nat(200),
    meanMs: fc.option(fc.double({ min: 0, max: 5000, noNaN: true })),
    unleased: fc.option(fc.nat(100_000)),
    slotShare: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(anyNode, anyJob, (capacity, load) => {
      const { beside, fill, ahead } = grantOf(capacity, load);
      for (const count of [beside, fill, ahead])
        assert.equal(Number.isInteger(count) && count >= 0, true);
      assert.equal(fill <= capacity.idle, true);
      assert.equal(beside <= Math.max(0, (load.quota ?? 0) - capacity.slots), true);
      assert.equal(ahead + capacity.queued <= Math.max(512, capacity.queued), true);
    }),
  );
});
