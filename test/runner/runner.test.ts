import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { skippedInReport } from './deno.ts';
import { compareSkips } from './skips.ts';

describe('the check of skipped tests', () => {
  const listed = [{ suite: 'unit', test: 'a', reason: 'needs tmux' }];

  test('passes when exactly the listed tests were skipped', () => {
    assert.deepEqual(compareSkips('unit', listed, [{ suite: 'unit', test: 'a' }]), []);
    assert.deepEqual(compareSkips('deno', listed, []), []);
  });

  test('names a skip that nobody listed and a listed test that ran', () => {
    const differences = compareSkips('unit', listed, [{ suite: 'unit', test: 'b' }]);
    assert.equal(differences.length, 2);
  });

  test('reads the skipped tests of a Deno report', () => {
    const xml = `<testcase name="group &gt; a &amp; b" line="1">\n <skipped/>\n</testcase>
      <testcase name="ran" line="2">\n</testcase>`;
    assert.deepEqual(skippedInReport('deno', xml), [{ suite: 'deno', test: 'a & b' }]);
  });
});
