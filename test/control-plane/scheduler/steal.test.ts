import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseSteals, stealAgainMs } from '../../../control-plane/scheduler/steal.ts';

const lease = (
  nodeId: string,
  leasedAt = 0,
  asked = false,
): Parameters<typeof stealAgainMs>[0][number] => ({
  nodeId,
  leasedAt,
  asked,
});
const NOW = 1000;

test('the youngest half of what queues behind busy slots comes back, from the fullest node first', () => {
  const full = Array.from({ length: 8 }, (_, at) => lease('full', at));
  const some = Array.from({ length: 4 }, (_, at) => lease('some', at));
  const victims = ['some', 'full'].map((id) => ({ id, slots: 2, running: 2 }));
  const chosen = chooseSteals([...some, ...full], victims, 5, NOW);
  assert.deepEqual(chosen, [full[7], full[6], full[5], full[4], some[3]]);
});

test('what is about to get a free slot stays', () => {
  const waiting = [lease('a'), lease('a')];
  assert.deepEqual(chooseSteals(waiting, [{ id: 'a', slots: 2, running: 0 }], 2, NOW), []);
});

test('fresh leases and those that were asked for stay, and those asked for count', () => {
  const victims = [{ id: 'a', slots: 1, running: 1 }];
  assert.deepEqual(chooseSteals([lease('a', NOW - 99)], victims, 1, NOW), []);
  const waiting = [lease('a'), lease('a', 1), lease('a', 2, true)];
  assert.deepEqual(chooseSteals(waiting, victims, 1, NOW), []);
  assert.deepEqual(chooseSteals(waiting, victims, 2, NOW), [waiting[1]]);
});

test('never more than the idle slots, and never twice', () => {
  const anyLease = fc.record({
    nodeId: fc.constantFrom('a', 'b'),
    leasedAt: fc.nat(1000),
    asked: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(anyLease, { maxLength: 40 }),
      fc.nat(10),
      fc.nat(4),
      (waiting, idle, running) => {
        const victims = ['a', 'b'].map((id) => ({ id, slots: 4, running }));
        const chosen = chooseSteals(waiting, victims, idle, NOW);
        assert.equal(chosen.length <= idle, true);
        assert.equal(new Set(chosen).size, chosen.length);
        assert.equal(
          chosen.some(({ asked }) => asked),
          false,
        );
      },
    ),
  );
});

test('an idle node looks again only while something waits elsewhere', () => {
  assert.equal(stealAgainMs([], NOW), null);
  assert.equal(stealAgainMs([lease('a', 0, true)], NOW), null);
  assert.equal(stealAgainMs([lease('a', 0)], NOW), 100);
});
