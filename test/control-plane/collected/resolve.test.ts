import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { resolvePath } from '../../../control-plane/collected/resolve.ts';

type Version = Parameters<typeof resolvePath>[0][number];

/** A version that attempts like `0.1` (partition 0, attempt 1) could have written. */
const version = (
  node: string,
  number: number,
  sha256: string | null,
  ...writers: string[]
): Version => ({
  node,
  version: number,
  mode: 0o644,
  size: 1,
  sha256,
  writers: writers.map((writer) => {
    const [partition = 0, attempt = 0] = writer.split('.').map(Number);
    return { partition, attempt };
  }),
});

/** Partitions 0, 1, 2 ended with these attempts. */
const finals = (partition: number): number | null => [1, 2, 1][partition] ?? null;

const resolved = (...versions: Version[]) => {
  const result = resolvePath(versions, finals);
  if (result === null) return null;
  const kept = result.versions.map(({ node, sha256 }) => `${node}:${sha256}`);
  return result.conflict ? { conflict: kept } : kept;
};

describe('a collected path', () => {
  test('of one node comes home in its newest version', () => {
    assert.deepEqual(resolved(version('a', 2, 'new', '0.1'), version('a', 1, 'old', '0.1')), [
      'a:new',
    ]);
  });

  test('that its node deleted at last does not come home', () => {
    assert.equal(resolved(version('a', 1, 'x', '0.1'), version('a', 2, null, '0.1')), null);
  });

  test('that two nodes hold alike comes home once', () => {
    assert.deepEqual(resolved(version('b', 1, 'x', '0.1'), version('a', 1, 'x', '2.1')), ['a:x']);
  });

  test('that two nodes hold differently is kept twice, as a conflict', () => {
    assert.deepEqual(resolved(version('b', 1, 'y', '0.1'), version('a', 1, 'x', '2.1')), {
      conflict: ['a:x', 'b:y'],
    });
  });

  test('that a superseded attempt could have written yields without conflict', () => {
    const lost = version('a', 9, 'half', '1.1');
    const counted = version('b', 1, 'whole', '1.2');
    assert.deepEqual(resolved(lost, counted), ['b:whole']);
    assert.deepEqual(resolved(version('a', 9, 'half', '1.1', '0.1'), counted), ['b:whole']);
  });

  test('that only a lost attempt could have written still comes home', () => {
    assert.deepEqual(resolved(version('a', 1, 'half', '1.1')), ['a:half']);
  });

  test('that a node lost after its partition succeeded holds is not lost with it', () => {
    const lost = version('a', 1, 'x', '0.1');
    assert.deepEqual(resolved(lost, version('b', 1, null, '2.1')), ['a:x']);
  });

  test('of three nodes is in conflict where any of the sure ones differs', () => {
    const versions = [
      version('a', 1, 'x', '0.1'),
      version('b', 1, 'x', '2.1'),
      version('c', 1, 'y', '1.2'),
    ];
    assert.deepEqual(resolved(...versions), { conflict: ['a:x', 'b:x', 'c:y'] });
  });
});
