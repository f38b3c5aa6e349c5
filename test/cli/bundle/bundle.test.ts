import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Bundle } from '../../../cli/bundle/bundle.ts';
import { checkLimits, DEFAULT_LIMIT_BYTES } from '../../../cli/bundle/limits.ts';
import { PxError } from '../../../protocol/errors.ts';
import { decodedManifest } from '../../helpers/decoded-manifest.ts';
import { makeTree } from '../../helpers/project-tree.ts';

const names = (bundle: Bundle): string[] => bundle.files.map(({ path }) => path);

test('tracked files and untracked ones that git does not ignore travel', async (t) => {
  const tree = makeTree(t);
  for (const name of ['tracked.txt', 'sub/deep.txt', 'untracked.txt', 'built.o'])
    tree.write(name, name);
  tree.write('.gitignore', '*.o\n');
  tree.git('add', 'tracked.txt', 'sub');
  const bundle = await tree.bundle();
  assert.deepEqual(names(bundle), ['.gitignore', 'sub/deep.txt', 'tracked.txt', 'untracked.txt']);
  assert.equal(bundle.bytes, 4 + 'tracked.txtsub/deep.txtuntracked.txt'.length);
});

test('a tracked file that is ignored travels, a deleted one does not', async (t) => {
  const tree = makeTree(t);
  tree.write('.gitignore', '*.o\n');
  tree.write('kept.o', 'x');
  tree.write('gone.txt', 'x');
  tree.git('add', '-f', '.');
  rmSync(join(tree.root, 'gone.txt'));
  assert.deepEqual(names(await tree.bundle()), ['.gitignore', 'kept.o']);
});

test('without git all files travel', async (t) => {
  const tree = makeTree(t, { git: false });
  tree.write('.gitignore', '*.o\n');
  tree.write('a.o', 'x');
  tree.write('.hidden/b', 'x');
  assert.deepEqual(names(await tree.bundle()), ['.gitignore', '.hidden/b', 'a.o']);
});

test('a nested repository and a submodule bring their own files, without their .git', async (t) => {
  const tree = makeTree(t);
  tree.write('lib/.gitignore', 'junk\n');
  tree.write('lib/junk', 'x');
  tree.write('lib/code.c', 'x');
  execFileSync('git', ['init', '-q', join(tree.root, 'lib')]);
  assert.deepEqual(names(await tree.bundle()), ['lib/.gitignore', 'lib/code.c']);
  tree.git('-C', 'lib', 'add', '.');
  tree.git('-C', 'lib', 'commit', '-qm', 'x');
  tree.git('add', 'lib');
  assert.deepEqual(names(await tree.bundle()), ['lib/.gitignore', 'lib/code.c']);
});

test('names that are not UTF-8 keep their bytes, and entries stand in the order of bytes', async (t) => {
  const tree = makeTree(t);
  const odd = Buffer.from([0x6e, 0xff, 0x0a, 0x20, 0x22]);
  tree.write(odd, 'odd');
  tree.write('ä.txt', 'umlaut');
  tree.write('Z', 'upper');
  tree.git('add', '.');
  const bundle = await tree.bundle();
  const paths = decodedManifest(bundle).map(({ path }) => path);
  assert.deepEqual(paths, [Buffer.from('Z'), odd, Buffer.from('ä.txt')]);
});

test('permission bits travel, and nothing beyond them', async (t) => {
  const tree = makeTree(t);
  tree.write('run.sh', '#!/bin/sh\n', 0o755);
  tree.write('suid', 'x', 0o4711);
  tree.write('secret', 'x', 0o600);
  const modes = decodedManifest(await tree.bundle()).map((e) =>
    e.kind === 'file' ? e.mode : null,
  );
  assert.deepEqual(modes, [0o755, 0o600, 0o711]);
});

test('links inside the tree are kept, absolute ones become relative', async (t) => {
  const tree = makeTree(t);
  tree.write('data/a.txt', 'x');
  symlinkSync('data/a.txt', join(tree.root, 'plain'));
  symlinkSync(join(tree.root, 'data/a.txt'), join(tree.root, 'data/absolute'));
  symlinkSync('nowhere', join(tree.root, 'dangling'));
  symlinkSync('..', join(tree.root, 'data/up'));
  const { links } = await tree.bundle();
  assert.deepEqual(links, [
    { path: 'dangling', target: 'nowhere' },
    { path: 'data/absolute', target: 'a.txt' },
    { path: 'data/up', target: '..' },
    { path: 'plain', target: 'data/a.txt' },
  ]);
});

for (const [title, target] of [
  ['a relative link', '../../outside'],
  ['an absolute link', '/etc/passwd'],
  ['a link by way of another one', 'sub/out/x'],
] as const) {
  test(`${title} that leaves the tree is refused by name`, async (t) => {
    const tree = makeTree(t);
    mkdirSync(join(tree.root, 'sub'));
    writeFileSync(join(tree.root, '../x'), 'x');
    symlinkSync('../..', join(tree.root, 'sub/out'));
    tree.write('.gitignore', 'sub/\n');
    symlinkSync(target, join(tree.root, 'bad'));
    await assert.rejects(tree.bundle(), { code: 'bundle_refused', message: /link bad leaves/ });
    assert.deepEqual((await tree.bundle({ exclude: ['bad'] })).links, []);
  });
}

test('a link whose words lead to itself goes where the system goes', async (t) => {
  const tree = makeTree(t);
  tree.write('x', 'the file');
  tree.write('d/e/y', 'x');
  symlinkSync('..', join(tree.root, 'd/e/up'));
  symlinkSync('up/../x', join(tree.root, 'd/e/x'));
  assert.deepEqual((await tree.bundle()).links, [
    { path: 'd/e/up', target: '..' },
    { path: 'd/e/x', target: 'up/../x' },
  ]);
});

test('a link that leaves the tree by way of links that travel is refused by name', async (t) => {
  const tree = makeTree(t);
  tree.write('data/a/b.txt', 'x');
  symlinkSync('..', join(tree.root, 'data/up'));
  // Nothing stands there on this machine; on a node something may.
  symlinkSync('up/../no/such/place', join(tree.root, 'data/bad'));
  await assert.rejects(tree.bundle(), { code: 'bundle_refused', message: /link data\/bad leaves/ });
  assert.equal((await tree.bundle({ exclude: ['data/bad'] })).links.length, 1);
});

test('a link in the place of a tracked folder ships no file of where it leads', async (t) => {
  const tree = makeTree(t);
  tree.write('d/x', 'mine');
  tree.git('add', '.');
  rmSync(join(tree.root, 'd'), { recursive: true });
  tree.write('other/x', 'other');
  symlinkSync('other', join(tree.root, 'd'));
  const bundle = await tree.bundle();
  assert.deepEqual(names(bundle), ['other/x']);
  assert.deepEqual(bundle.links, [{ path: 'd', target: 'other' }]);
});

test('FIFOs are left out and named', async (t) => {
  const tree = makeTree(t, { git: false });
  execFileSync('mkfifo', [join(tree.root, 'pipe')]);
  tree.write('a', 'x');
  const bundle = await tree.bundle();
  assert.deepEqual([names(bundle), bundle.skipped], [['a'], ['pipe']]);
});

test('over the limit it names the ten largest paths and the flag', async (t) => {
  const tree = makeTree(t);
  for (let at = 1; at <= 12; at += 1) tree.write(`f${at}`, Buffer.alloc(at * 100));
  const error = await tree.bundle({}, { limitBytes: 5000 }).catch((caught: unknown) => caught);
  assert.ok(error instanceof Error && 'code' in error && 'hint' in error);
  assert.equal(error.code, 'bundle_too_large');
  assert.match(String(error.hint), /--bundle-limit/);
  const lines = error.message.split('\n').slice(1);
  assert.deepEqual(
    [lines.length, lines[0]?.trim(), lines[9]?.trim()],
    [10, '1.2 KB  f12', '300 B  f3'],
  );
});

test('too many files are told by the folders that hold them', () => {
  const files = [
    ...Array.from({ length: 20_001 }, (_, at) => ({ path: `data/raw/${at % 300}/${at}`, size: 0 })),
    ...Array.from({ length: 7 }, (_, at) => ({ path: `src/${at}.ts`, size: 10 })),
    { path: 'main.ts', size: 10 },
  ];
  assert.throws(
    () => checkLimits(files, DEFAULT_LIMIT_BYTES),
    (error: unknown) => {
      assert.ok(error instanceof PxError);
      assert.equal(error.code, 'bundle_too_large');
      assert.equal(
        error.message,
        `The project is too large to ship: 20009 files, 80 B, where 20000 files and 200.0 MB are the most. Its folders with the most files:
     20001  data/raw/
         7  src/
         1  ./`,
      );
      const raise = 'the limit, which counts for files too: --bundle-limit 1GB (102400 files)';
      assert.ok(error.hint?.endsWith(raise), String(error.hint));
      return true;
    },
  );
});

test('equal trees are the same bundle, whatever their times', async (t) => {
  const [one, two] = [makeTree(t), makeTree(t, { git: false })];
  for (const tree of [one, two]) {
    tree.write('a/b', 'x');
    tree.write('c', 'y', 0o755);
    symlinkSync('c', join(tree.root, 'l'));
  }
  assert.equal((await one.bundle()).id, (await two.bundle()).id);
});

test('a broken repository is refused in the words of git', async (t) => {
  const tree = makeTree(t);
  rmSync(join(tree.root, '.git/HEAD'));
  await assert.rejects(tree.bundle(), { code: 'bundle_refused', message: /not a git repository/ });
});
