import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { treeProblem } from '../../protocol/tree-paths.ts';

type TreeEntry = Parameters<typeof treeProblem>[0][number];

const file = (path: string): TreeEntry => ({ path, target: null });
const link = (path: string, target: string): TreeEntry => ({ path, target });

const REFUSED: [string, TreeEntry[]][] = [
  ['a link that climbs behind another one', [link('d/l1', '..'), link('d/l2', 'l1/..')]],
  [
    'a link behind a link of more depth',
    [link('a/b/l1', '../..'), link('a/b/c/l2', '../l1/../..')],
  ],
  ['a chain of three', [link('a/x', '..'), link('a/y', 'x'), link('z', 'a/y/..')]],
  ['a link that leaves and returns', [link('a', '../tree/b')]],
  ['a link that leaves behind what is not there', [link('a', 'nowhere/../..')]],
];

for (const [what, entries] of REFUSED) {
  test(`${what} leaves the tree`, () => {
    assert.equal(treeProblem(entries)?.why, 'a link that leaves the tree');
  });
}

test('links that stay, that dangle and that turn in circles may stand in a tree', () => {
  const entries = [
    link('d/up', '..'),
    link('d/again', 'up/d/up/d/file'),
    link('dangling', 'nowhere/x'),
    link('left', 'right'),
    link('right', 'left/..'),
    link('self', 'self/self'),
    link('here', '.'),
    file('d/file'),
  ];
  assert.equal(treeProblem(entries), null);
});

const NAMES = ['a', 'b', 'c'];
const part = fc.constantFrom(...NAMES, ...NAMES, '..', '..', '.', '');
const name = fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 4 });
const target = fc
  .array(part, { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join('/'))
  // No file system makes a link to nothing.
  .filter((text) => text !== '');
const entry = fc.record({
  path: name.map((parts) => parts.join('/')),
  target: fc.option(target, { freq: 4 }),
});

/** Lays a tree down whose ancestors have the same names, so that whoever leaves it arrives somewhere. */
const lay = (outer: string, entries: readonly TreeEntry[]): string => {
  const root = join(outer, 'a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'tree');
  mkdirSync(root, { recursive: true });
  for (const { path, target } of entries) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (target === null) writeFileSync(join(root, path), '');
    else symlinkSync(target, join(root, path));
  }
  return root;
};

const resolve = (path: string): string | null => {
  try {
    return realpathSync.native(path);
  } catch {
    return null;
  }
};

test('no link of an accepted tree leads out of it on a real file system', () => {
  const counts = { accepted: 0, outside: 0 };
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 6 }), (entries) => {
      const problem = treeProblem(entries);
      // What cannot be laid down at all proves nothing.
      fc.pre(problem === null || problem.why === 'a link that leaves the tree');
      const outer = realpathSync.native(mkdtempSync(join(tmpdir(), 'px-tree-')));
      try {
        const root = lay(outer, entries);
        const isOutside = entries.some(({ path }) => {
          const real = resolve(join(root, path));
          return real !== null && real !== root && !real.startsWith(`${root}/`);
        });
        if (problem === null) counts.accepted += 1;
        if (isOutside) counts.outside += 1;
        return problem !== null || !isOutside;
      } finally {
        rmSync(outer, { recursive: true });
      }
    }),
    { numRuns: 400 },
  );
  assert.ok(counts.accepted > 0 && counts.outside > 0, JSON.stringify(counts));
});
