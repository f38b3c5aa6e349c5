import assert from 'node:assert/strict';
import { test } from 'node:test';
import { middle } from '../../bench/figures.ts';
import { ownRow, rivalRow } from '../../bench/rivals.ts';
import { tableOf } from '../../bench/table.ts';

const own = { case: 'warm', what: 'px run true', ms: 300, goal: '<= 0.5 x ssh', note: '10 files' };

test('the median of an even number of runs is the slower of the two in the middle', () => {
  assert.equal(middle([30, 10, 20]), 20);
  assert.equal(middle([4, 1, 3, 2]), 3);
  assert.equal(middle([7]), 7);
});

test('the ratio is the time of px by that of its rival', () => {
  assert.equal(ownRow(own).ratio, null);
  assert.equal(rivalRow(own, 'ssh', 600).ratio, 0.5);
});

test('a rival that is missing is said to be so', () => {
  const { ms, ratio, note } = rivalRow(own, 'ssh', null);
  assert.deepEqual([ms, ratio, note], [null, null, 'not installed here']);
  assert.equal(rivalRow(own, 'ssh', null, 'no sshd').note, 'no sshd');
});

test('the table has a line for each row, its columns under each other', () => {
  assert.deepEqual(tableOf([ownRow(own), rivalRow(own, 'ssh', 600), rivalRow(own, 'rsh', null)]), [
    'case  what         median  ratio   goal          note',
    'warm  px run true  300 ms          <= 0.5 x ssh  10 files',
    'warm  ssh          600 ms  0.50 x',
    'warm  rsh          -                             not installed here',
  ]);
});
