import assert from 'node:assert/strict';
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readIndex } from '../../../cli/bundle/hash-index.ts';
import { makeTree, type Tree } from '../../helpers/project-tree.ts';

/** Later than any time of a file here by more than the racy window. */
const LATER_MS = 60_000;

const later = () => Date.now() + LATER_MS;

const indexFile = (tree: Tree): string => {
  const [name] = readdirSync(join(tree.pxHome, 'index'));
  assert.ok(name !== undefined);
  return join(tree.pxHome, 'index', name);
};

test('an unchanged file is not hashed again', async (t) => {
  const tree = makeTree(t);
  tree.write('a', 'one');
  const first = await tree.bundle({}, { now: later });
  // A wrong hash in the index shows that it is believed.
  const [file] = first.files;
  assert.ok(file !== undefined);
  const lie = 'f'.repeat(64);
  writeFileSync(indexFile(tree), readFileSync(indexFile(tree), 'utf8').replace(file.sha256, lie));
  const second = await tree.bundle({}, { now: later });
  assert.deepEqual(
    second.files.map(({ sha256 }) => sha256),
    [lie],
  );
});

test('a file that changed under the same size and mtime is hashed again', async (t) => {
  const tree = makeTree(t);
  tree.write('a', 'one');
  utimesSync(join(tree.root, 'a'), 1000, 1000);
  const first = await tree.bundle({}, { now: later });
  tree.write('a', 'two');
  utimesSync(join(tree.root, 'a'), 1000, 1000);
  const second = await tree.bundle({}, { now: later });
  assert.notEqual(second.id, first.id);
});

test('a file that changed shortly before the index was written is not believed', async (t) => {
  const tree = makeTree(t);
  tree.write('a', 'one');
  const { files } = await tree.bundle();
  const known = readIndex(tree.pxHome, tree.root);
  assert.deepEqual(files.map(known), [null]);
  await tree.bundle({}, { now: later });
  const [file] = files;
  assert.ok(file !== undefined);
  assert.equal(readIndex(tree.pxHome, tree.root)(file), file.sha256);
});

test('a damaged index costs time and nothing else', async (t) => {
  const tree = makeTree(t);
  tree.write('a', 'one');
  const first = await tree.bundle({}, { now: later });
  writeFileSync(indexFile(tree), '{"version":1,"rows":[');
  assert.equal((await tree.bundle({}, { now: later })).id, first.id);
});

test('no more than 64 indexes are kept', async (t) => {
  const tree = makeTree(t);
  tree.write('a', 'one');
  await tree.bundle({}, { now: later });
  const folder = join(tree.pxHome, 'index');
  for (let at = 0; at < 80; at += 1) {
    writeFileSync(join(folder, `old${at}.json`), '');
    utimesSync(join(folder, `old${at}.json`), 1000 + at, 1000 + at);
  }
  tree.write('a', 'other');
  await tree.bundle({}, { now: later });
  const kept = readdirSync(folder);
  assert.deepEqual(
    [kept.length, kept.includes('old79.json'), kept.includes('old0.json')],
    [64, true, false],
  );
});
