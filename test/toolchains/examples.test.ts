// The examples whose programs need another language's toolchain, as they are, without px.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { EXAMPLES, readLines, run, sum, useScratchFolder } from '../helpers/example.ts';

const lastNumberOf = (line: string): number => Number(line.split(' ').at(-1));

describe('the Python example', () => {
  const folder = join(EXAMPLES, 'python');
  const primes = (...ranges: readonly string[]) =>
    run('python3', [join(folder, 'primes.py'), ...ranges]);

  test('describes the primes of each range', () => {
    const { status, stdout } = primes('0-99', '24-28', '0-999999', '999999999900-1000000000000');
    assert.equal(status, 0);
    assert.equal(
      stdout,
      [
        '0-99 25 primes, from 2 to 97, widest gap 8',
        '24-28 0 primes',
        '0-999999 78498 primes, from 2 to 999983, widest gap 114',
        '999999999900-1000000000000 4 primes, from 999999999937 to 999999999989, widest gap 28',
        '',
      ].join('\n'),
    );
  });

  test('finds no other number of primes in the pieces of a range than in the whole', () => {
    const pieces = primes('0-1', '2-2', '3-9999', '10000-65535', '65536-99999').stdout;
    const counts = [...pieces.matchAll(/ ([0-9]+) primes/g)].map(([, count]) => Number(count));
    assert.equal(sum(counts), 9592);
  });

  test('has ranges in its list that follow one another without a gap', () => {
    const bounds = readLines(folder, 'ranges.txt').map((line) => line.split('-').map(Number));
    const starts = bounds.map(([first]) => first);
    const expected = [0, ...bounds.map(([, last]) => (last ?? 0) + 1)].slice(0, bounds.length);
    assert.deepEqual(starts, expected);
  });

  test('names a range that it cannot read, does the others and exits 1', () => {
    const { status, stdout, stderr } = primes('many', '0-9');
    assert.equal(status, 1);
    assert.equal(stdout, '0-9 4 primes, from 2 to 7, widest gap 2\n');
    assert.equal(stderr, 'primes.py: many: expected FROM-TO, such as 0-999\n');
  });
});

describe('the C example', () => {
  const folder = join(EXAMPLES, 'c');
  const scratch = useScratchFolder();
  const queens = (...boards: readonly string[]) => run('./queens', boards, { cwd: scratch.path });

  before(() => {
    const flags = ['-std=c99', '-Wall', '-Wextra', '-Werror', '-O2'];
    const output = join(scratch.path, 'queens');
    const { status, stderr } = run('cc', [...flags, '-o', output, join(folder, 'queens.c')]);
    assert.equal(status, 0, stderr);
  });

  test('counts the solutions of whole boards', () => {
    const { status, stdout } = queens('1', '2', '4', '6', '8', '10');
    assert.equal(status, 0);
    assert.equal(stdout, '1 1\n2 0\n4 2\n6 4\n8 92\n10 724\n');
  });

  test('counts the listed columns, which add up to the whole board', () => {
    const { status, stdout } = queens(...readLines(folder, 'boards.txt'));
    assert.equal(status, 0);
    assert.equal(sum(stdout.trimEnd().split('\n').map(lastNumberOf)), 2_279_184);
  });

  test('names a board that it cannot read, counts the others and exits 1', () => {
    const { status, stdout, stderr } = queens('8:8', '8:0');
    assert.equal(status, 1);
    assert.equal(stdout, '8:0 4\n');
    assert.match(stderr, /^queens: 8:8: expected SIZE or SIZE:COLUMN/);
  });
});
