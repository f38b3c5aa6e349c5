import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, test } from 'node:test';
import type { Bundle } from '../../../cli/bundle/bundle.ts';
import { guardRoot } from '../../../cli/bundle/guard.ts';
import { makeTree } from '../../helpers/project-tree.ts';

const names = (bundle: Bundle): string[] => bundle.files.map(({ path }) => path);

test('.pxignore has the syntax of .gitignore and leaves tracked files out too', async (t) => {
  const tree = makeTree(t);
  for (const name of ['a.log', 'keep.log', 'data/big.bin', 'src/data/x', 'src/a.c'])
    tree.write(name);
  tree.write('.pxignore', '*.log\n!keep.log\n/data/\n');
  tree.git('add', '.');
  const bundle = await tree.bundle();
  assert.deepEqual(names(bundle), ['.pxignore', 'keep.log', 'src/a.c', 'src/data/x']);
});

test('exclude takes globs and folders; include brings ignored files back, and wins', async (t) => {
  const tree = makeTree(t);
  for (const name of ['a.txt', 'docs/b.txt', 'dist/x.js', 'dist/deep/y.js', '.cache/z'])
    tree.write(name);
  tree.write('.gitignore', 'dist\n.cache\n');
  const bundle = await tree.bundle({
    exclude: ['docs', '*.txt', '.gitignore'],
    include: ['dist/**/*.js', 'a.txt'],
  });
  assert.deepEqual(names(bundle), ['a.txt', 'dist/deep/y.js', 'dist/x.js']);
  assert.deepEqual(names(await tree.bundle({ exclude: ['**'], include: ['dist/'] })), [
    'dist/deep/y.js',
    'dist/x.js',
  ]);
});

test('px.yaml itself travels though it is ignored', async (t) => {
  const tree = makeTree(t);
  tree.write('.gitignore', 'px.yaml\n');
  tree.write('px.yaml', '{}\n');
  const { root } = tree;
  const bundle = await tree.bundle(
    {},
    { project: { root, configPath: join(root, 'px.yaml'), git: true, config: {} } },
  );
  assert.deepEqual(names(bundle), ['.gitignore', 'px.yaml']);
});

describe('untracked credential files', () => {
  const CREDENTIALS = [
    '.env',
    '.env.local',
    'conf/.envrc',
    'server.pem',
    'id_rsa',
    'private.key',
    '.netrc',
    '.aws/config',
    'credentials.json',
    'service-account-prod.json',
    '.config/gcloud/db',
    '.docker/config.json',
  ];

  it('stay at home and are named', async (t) => {
    const tree = makeTree(t);
    for (const name of [...CREDENTIALS, 'keyboard.js', 'environment.txt']) tree.write(name, 'x');
    const bundle = await tree.bundle();
    assert.deepEqual(names(bundle), ['environment.txt', 'keyboard.js']);
    assert.deepEqual(bundle.withheld, CREDENTIALS.toSorted());
  });

  it('stay at home where there is no git', async (t) => {
    const tree = makeTree(t, { git: false });
    tree.write('.env', 'x');
    tree.write('a', 'x');
    assert.deepEqual(names(await tree.bundle()), ['a']);
  });

  it('travel when git tracks them', async (t) => {
    const tree = makeTree(t);
    tree.write('.env', 'x');
    tree.git('add', '-f', '.env');
    assert.deepEqual(names(await tree.bundle()), ['.env']);
  });

  it('travel when include names them, which a bare star does not', async (t) => {
    const tree = makeTree(t);
    tree.write('.env', 'x');
    tree.write('certs/a.pem', 'x');
    tree.write('.gitignore', '.env\n');
    assert.deepEqual(names(await tree.bundle({ include: ['*', 'certs'] })), ['.gitignore']);
    const named = await tree.bundle({ include: ['.env', 'certs/*.pem'] });
    assert.deepEqual(names(named), ['.env', '.gitignore', 'certs/a.pem']);
    assert.deepEqual(named.withheld, []);
  });

  it('include an .npmrc only where it holds a token', async (t) => {
    const tree = makeTree(t);
    tree.write('.npmrc', 'save-exact=true\n');
    assert.deepEqual(names(await tree.bundle()), ['.npmrc']);
    tree.write('.npmrc', '//registry.npmjs.org/:_authToken=abc\n');
    assert.deepEqual((await tree.bundle()).withheld, ['.npmrc']);
  });
});

describe('a root that nobody means to ship', () => {
  const refused = (root: string, home: string, pxHome: string) =>
    assert.throws(() => guardRoot(root, home, pxHome), { code: 'bundle_refused' });

  it('is refused: /, the home directory, what holds it, what holds PX_HOME', (t) => {
    const { root } = makeTree(t);
    for (const name of ['home/me/work', 'px']) mkdirSync(join(root, name), { recursive: true });
    const home = join(root, 'home/me');
    refused('/', home, '/px-home');
    refused(home, home, '/px-home');
    refused(join(root, 'home'), home, '/px-home');
    refused(join(root, 'px'), home, join(root, 'px'));
    refused(join(root, 'px'), home, join(root, 'px/.px'));
    guardRoot(join(home, 'work'), home, join(home, '.px'));
  });

  it('is refused by way of a link', (t) => {
    const { root } = makeTree(t);
    mkdirSync(join(root, 'me'));
    symlinkSync('me', join(root, 'alias'));
    refused(join(root, 'alias'), join(root, 'me'), '/px-home');
  });
});
