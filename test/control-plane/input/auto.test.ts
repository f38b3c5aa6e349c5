import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AutoState, blockBytes } from '../../../control-plane/input/auto.ts';

const KIB = 1 << 10;
const MIB = 1 << 20;

const state = (known: Partial<AutoState>): AutoState => ({
  bytes: 40 * MIB,
  lines: 1000,
  total: 40 * MIB,
  finished: true,
  slots: 2,
  wanted: 2,
  meanMs: null,
  meanBytes: null,
  ...known,
});

test('blocks of stdin become smaller towards the end, down to 64 KiB while the pace is unknown', () => {
  assert.equal(blockBytes(state({})), 4 * MIB);
  assert.equal(blockBytes(state({ bytes: 8 * MIB })), MIB);
  assert.equal(blockBytes(state({ bytes: 80 * KIB })), 64 * KIB);
});

test('blocks of attempts that take next to no time are as large as can be', () => {
  assert.equal(blockBytes(state({ bytes: 80 * KIB, meanMs: 20 })), 4 * MIB);
  assert.equal(blockBytes(state({ bytes: 80 * KIB, meanMs: 300 })), 64 * KIB);
});

test('blocks of attempts that take longer are no smaller than a quarter of a second is worth', () => {
  const left = { bytes: 80 * KIB, meanBytes: 4 * MIB };
  assert.equal(blockBytes(state({ ...left, meanMs: 500 })), 2 * MIB);
  assert.equal(blockBytes(state({ ...left, meanMs: 4000 })), 256 * KIB);
  assert.equal(blockBytes(state({ ...left, meanMs: 60_000 })), 64 * KIB);
});

test('a small input is spread over all slots whatever the pace', () => {
  const small = { bytes: 100 * KIB, total: 100 * KIB, slots: 4 };
  assert.equal(blockBytes(state({ ...small, meanMs: 20 })), 25 * KIB);
});
