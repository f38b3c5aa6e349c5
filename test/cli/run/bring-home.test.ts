import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bringHome } from '../../../cli/run/bring-home.ts';
import { openBrought } from '../../../cli/run/brought.ts';
import type { CallOptions, CallReply, Client } from '../../../protocol/client.ts';
import { type CollectedFile, LINK_MODE } from '../../../protocol/messages/bundles.ts';
import type { RouteName } from '../../../protocol/routes.ts';
import { fakeScreen } from '../../helpers/fake-screen.ts';
import { makeTree, type Tree } from '../../helpers/project-tree.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const arriving = (path: string, content: string, changes: Partial<CollectedFile> = {}) => ({
  content,
  file: {
    path: Buffer.from(path, 'latin1').toString('base64'),
    sha256: sha256(content),
    size: content.length,
    mode: 0o640,
    node: 'n0123456789',
    nodeName: 'demo-0',
    conflict: false,
    ...changes,
  },
});

type Arriving = ReturnType<typeof arriving>;

/** A control plane that holds collected files. */
const fakeFiles = (files: readonly Arriving[]) => {
  let fetched = false;
  const call = async <N extends RouteName>(name: N, options?: CallOptions<N>) => {
    if (name === 'files')
      return { items: files.map(({ file }) => file), next: null } as CallReply<N>;
    if (name === 'filesFetched') {
      fetched = true;
      return { ok: true } as CallReply<N>;
    }
    const { sha256: wanted } = options?.params ?? {};
    const found = files.find(({ file }) => file.sha256 === wanted);
    return new Response(found?.content ?? 'wrong') as CallReply<N>;
  };
  return { client: { call } as Client, fetched: () => fetched };
};

const bring = async (
  tree: Tree,
  files: readonly Arriving[],
  baseline: Record<string, string> = {},
  submittedAt = Date.now() + 60_000,
) => {
  const fake = fakeFiles(files);
  const output = fakeScreen();
  const { whole } = await bringHome({
    connect: async () => fake.client,
    job: { id: 'j0123456789' },
    root: tree.root,
    baseline: {
      hashes: new Map(Object.entries(baseline).map(([path, content]) => [path, sha256(content)])),
      submittedAt,
      brought: openBrought(tree.pxHome, 'j0123456789', tree.root),
    },
    output,
    sleep: () => Promise.resolve(),
    signal: new AbortController().signal,
  });
  return { whole, words: output.words, fetched: fake.fetched() };
};

const read = (tree: Tree, name: string): string => readFileSync(join(tree.root, name), 'utf8');

test('files come home with their modes, folders are made, nothing else is left', async (t) => {
  const tree = makeTree(t, { git: false });
  const { whole, fetched, words } = await bring(tree, [
    arriving('out/deep/a.txt', 'new'),
    arriving('odd\xff', 'bytes'),
  ]);
  assert.deepEqual([whole, fetched, words], [true, true, ['Brought 2 files home.']]);
  assert.equal(read(tree, 'out/deep/a.txt'), 'new');
  assert.equal(statSync(join(tree.root, 'out/deep/a.txt')).mode & 0o777, 0o640);
  const names = readdirSync(tree.root, { encoding: 'buffer' }).map((name) =>
    name.toString('latin1'),
  );
  assert.deepEqual(names.sort(), ['odd\xff', 'out']);
});

test('a file that is as it was at submit is replaced', async (t) => {
  const tree = makeTree(t, { git: false });
  tree.write('shipped', 'old');
  tree.write('ignored', 'old');
  const files = [arriving('shipped', 'new'), arriving('ignored', 'new')];
  assert.equal((await bring(tree, files, { shipped: 'old' })).whole, true);
  assert.deepEqual([read(tree, 'shipped'), read(tree, 'ignored')], ['new', 'new']);
});

test('a file that was changed here since the submit stays, the other stands beside it', async (t) => {
  const tree = makeTree(t, { git: false });
  tree.write('shipped', 'edited');
  tree.write('fresh', 'mine');
  tree.write('alike', 'new');
  const files = [arriving('shipped', 'new'), arriving('fresh', 'new'), arriving('alike', 'new')];
  const { whole, words } = await bring(tree, files, { shipped: 'old' }, 0);
  assert.equal(whole, true);
  assert.deepEqual([read(tree, 'shipped'), read(tree, 'fresh')], ['edited', 'mine']);
  assert.deepEqual(
    [read(tree, 'shipped.px-demo-0'), read(tree, 'fresh.px-demo-0')],
    ['new', 'new'],
  );
  assert.ok(!existsSync(join(tree.root, 'alike.px-demo-0')));
  assert.match(words.join('\n'), /Kept your changed shipped/);
});

test('what px brought home itself before is replaced, and what the user made of it is kept', async (t) => {
  const tree = makeTree(t, { git: false });
  tree.write('shipped', 'old');
  const first = ['shipped', 'made', 'edited'].map((path) => arriving(path, 'first'));
  await bring(tree, first, { shipped: 'old' }, 0);
  tree.write('edited', 'mine');
  // The same job after a retry: another px, the same submit.
  const second = ['shipped', 'made', 'edited'].map((path) => arriving(path, 'second'));
  const { words } = await bring(tree, second, { shipped: 'old' }, 0);
  assert.deepEqual(
    ['shipped', 'made', 'edited', 'edited.px-demo-0'].map((name) => read(tree, name)),
    ['second', 'second', 'mine', 'second'],
  );
  assert.match(words.join('\n'), /Brought 3 files home.*Kept your changed edited/s);
});

test('a record of what was brought that cannot be read means that everything is kept', async (t) => {
  const tree = makeTree(t, { git: false });
  await bring(tree, [arriving('made', 'first')], {}, 0);
  const folder = join(tree.pxHome, 'brought');
  for (const name of readdirSync(folder)) writeFileSync(join(folder, name), 'x *\n');
  await bring(tree, [arriving('made', 'second')], {}, 0);
  assert.deepEqual([read(tree, 'made'), read(tree, 'made.px-demo-0')], ['first', 'second']);
});

test('two versions of one path are both kept, and that is no success', async (t) => {
  const tree = makeTree(t, { git: false });
  const { whole, fetched } = await bring(tree, [
    arriving('same', 'one', { conflict: true }),
    arriving('same', 'two', { conflict: true, nodeName: 'demo-1' }),
  ]);
  assert.deepEqual([whole, fetched], [false, true]);
  assert.deepEqual([read(tree, 'same.px-demo-0'), read(tree, 'same.px-demo-1')], ['one', 'two']);
  assert.ok(!existsSync(join(tree.root, 'same')));
});

for (const path of ['../escaped', '/absolute', 'a/../../b', 'link/x', '.git/hooks/post-commit']) {
  test(`nothing is written to ${path}`, async (t) => {
    const tree = makeTree(t, { git: false });
    mkdirSync(join(tree.root, '../elsewhere'));
    symlinkSync('../elsewhere', join(tree.root, 'link'));
    const { whole, fetched, words } = await bring(tree, [
      arriving(path, 'x'),
      arriving('good', 'y'),
    ]);
    assert.deepEqual([whole, fetched, read(tree, 'good')], [false, false, 'y']);
    assert.match(words.join('\n'), /was not written/);
    assert.deepEqual(readdirSync(join(tree.root, '../elsewhere')), []);
    assert.deepEqual(readdirSync(join(tree.root, '..')).sort(), [
      'elsewhere',
      'project',
      'px-home',
    ]);
  });
}

test('a link in the place of a file is not followed', async (t) => {
  const tree = makeTree(t, { git: false });
  tree.write('target', 'mine');
  symlinkSync('target', join(tree.root, 'made'));
  await bring(tree, [arriving('made', 'new')]);
  assert.deepEqual([read(tree, 'target'), read(tree, 'made.px-demo-0')], ['mine', 'new']);
});

const link = (path: string, target: string, changes: Partial<CollectedFile> = {}) =>
  arriving(path, target, { mode: LINK_MODE, ...changes });

test('links come home where they stay in the project, and are told where they would leave it', async (t) => {
  const tree = makeTree(t, { git: false });
  tree.write('mine', 'file');
  symlinkSync('a', join(tree.root, 'alike'));
  symlinkSync('a', join(tree.root, 'other'));
  const { whole, fetched, words } = await bring(tree, [
    link('out/latest', 'run/5'),
    link('out/deep/up', '../../top'),
    link('alike', 'a'),
    link('other', 'b'),
    link('mine', 'a'),
    link('abs', '/etc/passwd'),
    link('out/up', '../../etc'),
    link('out/through', 'latest/../../../etc'),
    link('hooks', '.git/hooks'),
  ]);
  assert.deepEqual([whole, fetched], [true, true]);
  const target = (name: string) => readlinkSync(join(tree.root, name), 'latin1');
  assert.deepEqual(
    ['out/latest', 'out/deep/up', 'alike', 'other', 'other.px-demo-0', 'mine.px-demo-0'].map(
      target,
    ),
    ['run/5', '../../top', 'a', 'a', 'b', 'a'],
  );
  assert.equal(read(tree, 'mine'), 'file');
  assert.deepEqual(readdirSync(tree.root).sort(), [
    ...['alike', 'mine', 'mine.px-demo-0', 'other', 'other.px-demo-0', 'out'],
  ]);
  assert.deepEqual(words.filter((line) => line.startsWith('Left behind')).toSorted(), [
    'Left behind: the link abs leads out of the project, to /etc/passwd',
    'Left behind: the link hooks leads out of the project, to .git/hooks',
    'Left behind: the link out/through leads out of the project, to latest/../../../etc',
    'Left behind: the link out/up leads out of the project, to ../../etc',
  ]);
});
