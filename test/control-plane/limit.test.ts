import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLimit } from '../../control-plane/limit.ts';

test('so much work runs at a time, first come first served, failures included', async () => {
  const limit = createLimit(2);
  const begun: number[] = [];
  const ends: ((isFine: boolean) => void)[] = [];
  const work = (number: number) =>
    limit(async () => {
      begun.push(number);
      const isFine = await new Promise<boolean>((resolve) => ends.push(resolve));
      if (!isFine) throw new Error(`${number} failed`);
      return number;
    });
  const all = Promise.allSettled([work(1), work(2), work(3), work(4)]);
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  await turn();
  assert.deepEqual(begun, [1, 2]);
  ends[0]?.(false);
  await turn();
  assert.deepEqual(begun, [1, 2, 3]);
  ends[1]?.(true);
  await turn();
  assert.deepEqual(begun, [1, 2, 3, 4]);
  ends[2]?.(true);
  ends[3]?.(true);
  const results = await all;
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
  );
});
