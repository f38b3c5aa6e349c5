import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dealParallel, slotsOf } from '../../../control-plane/scheduler/quota.ts';

const anyNodes = fc
  .array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 12 })
  .map((slots) => slots.map((count, index) => ({ id: `n${index}`, slots: count })));

test('every process is dealt to a node, and none twice', () => {
  fc.assert(
    fc.property(anyNodes, fc.integer({ min: 1, max: 5000 }), fc.nat(), (nodes, parallel, turn) => {
      const dealt = [...dealParallel(parallel, nodes, turn).values()];
      assert.equal(
        dealt.reduce((sum, count) => sum + count, 0),
        parallel,
      );
    }),
  );
});

test('no node gets one more or less than its share by slots', () => {
  fc.assert(
    fc.property(anyNodes, fc.integer({ min: 1, max: 5000 }), fc.nat(), (nodes, parallel, turn) => {
      const dealt = dealParallel(parallel, nodes, turn);
      for (const { id, slots } of nodes) {
        const exact = (parallel * slots) / slotsOf(nodes);
        assert.equal(Math.abs((dealt.get(id) ?? 0) - exact) < 1, true);
      }
    }),
  );
});

test('as many processes as slots are a process for each slot', () => {
  fc.assert(
    fc.property(anyNodes, fc.nat(), (nodes, turn) => {
      const dealt = dealParallel(slotsOf(nodes), nodes, turn);
      assert.deepEqual(
        [...dealt.values()],
        nodes.map(({ slots }) => slots),
      );
    }),
  );
});

test('jobs of one process take turns over equal nodes', () => {
  const nodes = ['a', 'b', 'c'].map((id) => ({ id, slots: 2 }));
  const holder = (turn: number) =>
    [...dealParallel(1, nodes, turn)].find(([, count]) => count === 1)?.[0];
  assert.deepEqual([0, 1, 2, 3].map(holder), ['a', 'b', 'c', 'a']);
});

test('without a node nothing is dealt', () => {
  assert.deepEqual(dealParallel(4, []), new Map());
});
