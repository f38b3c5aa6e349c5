import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration, parseSize } from '../../protocol/units.ts';

const sizes: [string, number | null][] = [
  ['8GB', 8 * 2 ** 30],
  ['8GiB', 8 * 2 ** 30],
  ['1.5 GB', 1.5 * 2 ** 30],
  ['200mb', 200 * 2 ** 20],
  ['512', 512],
  ['2T', 2 * 2 ** 40],
  ['8 apples', null],
  ['', null],
  ['-1GB', null],
];

for (const [text, expected] of sizes) {
  test(`the size \`${text}\` is ${expected === null ? 'refused' : `${expected} bytes`}`, () => {
    assert.equal(parseSize(text), expected);
  });
}

const durations: [string, number | null][] = [
  ['15m', 900_000],
  ['1h30m', 5_400_000],
  ['500ms', 500],
  ['90', 90_000],
  ['0', 0],
  ['0.5', 500],
  ['2d', 172_800_000],
  ['soon', null],
  ['', null],
  ['5x', null],
];

for (const [text, expected] of durations) {
  test(`the duration \`${text}\` is ${expected === null ? 'refused' : `${expected} ms`}`, () => {
    assert.equal(parseDuration(text), expected);
  });
}
