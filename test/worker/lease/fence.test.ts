import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Held, LeaseBook } from '../../../worker/lease/book.ts';
import { pastFence } from '../../../worker/lease/fence.ts';

const lease = (partition: number) => ({
  job: 'j0123456789',
  partition,
  epoch: '0123456789abcdef:1',
  attempt: 1,
  input: 'none' as const,
  bytes: 0,
  firstLine: 0,
  step: 1,
  lines: 0,
  partitions: null,
  kind: 'run' as const,
  beside: false,
  opening: 0,
});
const held = (phase: Held['phase'], acknowledgedAt: number): Held => ({
  lease: lease(0),
  input: new Uint8Array(0),
  phase,
  acknowledgedAt,
});

it('the fence stands at 5/6 of a lease, for all that has not ended', () => {
  const [queued, running, ended] = [held('queued', 0), held('running', 0), held('ended', 0)];
  const all = [queued, running, ended];
  assert.deepEqual(pastFence(all, 30_000, 24_999), []);
  assert.deepEqual(pastFence(all, 30_000, 25_000), [queued, running]);
  assert.deepEqual(pastFence([held('running', 10_000)], 30_000, 34_999), []);
});

it('a lease that comes twice is held once', () => {
  const book = new LeaseBook();
  assert.ok(book.add(lease(0), new Uint8Array(0), 0));
  assert.equal(book.add(lease(0), new Uint8Array(0), 5), null);
  assert.ok(book.add(lease(1), new Uint8Array(0), 5));
  assert.deepEqual([book.size, book.version], [2, 2]);
});
