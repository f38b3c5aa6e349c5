import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';

const bin = join(import.meta.dirname, '../../bin');
const base = mkdtempSync(join(tmpdir(), 'px launcher '));
after(() => rmSync(base, { recursive: true, force: true }));

// A checkout of one source, which says what it was given.
const SOURCE = `const said: string = JSON.stringify([process.pid, ...process.argv.slice(2)]);
process.stdout.write(said);
process.exitCode = 7;`;

const makeRoot = (name: string): string => {
  const root = join(base, name);
  for (const folder of ['bin', 'cli']) mkdirSync(join(root, folder), { recursive: true });
  for (const file of ['px', 'launch.cjs']) copyFileSync(join(bin, file), join(root, 'bin', file));
  writeFileSync(join(root, 'cli/main.ts'), SOURCE);
  writeFileSync(join(root, 'package-lock.json'), '{}');
  return root;
};

const addOwnNode = (root: string): void => {
  mkdirSync(join(root, 'node_modules/node/bin'), { recursive: true });
  symlinkSync(process.execPath, join(root, 'node_modules/node/bin/node'));
};

const start = (program: string, args: readonly string[], path = '/usr/bin:/bin', more = {}) => {
  const env = { PATH: path, HOME: base, PX_HOME: join(base, 'home'), ...more };
  const options = { env, encoding: 'utf8', timeout: 60_000 } as const;
  const { status, stdout, stderr, pid } = spawnSync(program, args, options);
  return { status, stdout, stderr, pid };
};

/** A folder whose `node` says that it is of another version. */
const folderWithNode = (version: string): string => {
  const folder = mkdtempSync(join(base, 'path '));
  const preload = join(folder, 'version.cjs');
  writeFileSync(
    preload,
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`,
  );
  const script = `#!/bin/sh\nexec '${process.execPath}' -r '${preload}' "$@"\n`;
  writeFileSync(join(folder, 'node'), script, { mode: 0o755 });
  return `${folder}:/usr/bin:/bin`;
};

describe('bin/px', () => {
  test('becomes the node of the checkout and hands on arguments, pid and status', () => {
    const root = makeRoot('own node');
    addOwnNode(root);
    const { status, stdout, stderr, pid } = start(join(root, 'bin/px'), ['run', 'a  b', '$(x)']);
    assert.deepEqual(JSON.parse(stdout), [pid, 'run', 'a  b', '$(x)']);
    assert.equal(status, 7);
    assert.equal(stderr, '');
  });

  test('finds its checkout through relative and absolute links', () => {
    const root = makeRoot('linked');
    addOwnNode(root);
    symlinkSync('bin/px', join(root, 'first'));
    symlinkSync(join(root, 'first'), join(base, 'second link'));
    assert.equal(start(join(base, 'second link'), []).status, 7);
  });

  test('takes the node on PATH where the checkout has none', () => {
    const root = makeRoot('system node');
    mkdirSync(join(root, 'node_modules'));
    assert.equal(start(join(root, 'bin/px'), [], folderWithNode('22.18.0')).status, 7);
  });

  test('refuses a node that is too old, and says what it found and what to type', () => {
    const root = makeRoot('old node');
    mkdirSync(join(root, 'node_modules'));
    const { status, stderr } = start(join(root, 'bin/px'), [], folderWithNode('22.17.1'));
    assert.equal(status, 125);
    assert.match(stderr, /^<px> Expected Node 22\.18 or newer, found 22\.17\.1 \(.+npm ci/);
  });

  test('says where to get a node when there is none', () => {
    const root = makeRoot('no node');
    mkdirSync(join(root, 'node_modules'));
    const { status, stderr } = start('/bin/sh', [join(root, 'bin/px')], join(base, 'nothing'));
    assert.equal(status, 125);
    assert.match(stderr, /^<px> Expected Node 22\.18 or newer on your PATH, found no node\./);
  });

  test('says npm ci in a checkout without dependencies', () => {
    const root = makeRoot('bare');
    const { status, stderr } = start(join(root, 'bin/px'), []);
    assert.equal(status, 125);
    assert.match(stderr, /^<px> Expected the dependencies .+npm ci\)$/m);
  });

  test('starts though no PX_HOME can be made', () => {
    const root = makeRoot('no home');
    addOwnNode(root);
    // There a new folder is answered ENOENT though its parent is there.
    const { status } = start(join(root, 'bin/px'), [], undefined, { PX_HOME: '/proc/nope/home' });
    assert.equal(status, 7);
  });

  test('does not take a closed stdout for one where output may vanish', () => {
    const root = makeRoot('closed');
    addOwnNode(root);
    const { stderr } = start('/bin/sh', ['-c', `exec '${root}/bin/px' >&-`]);
    assert.match(stderr, /EBADF/);
  });

  test('says it where the working directory was removed', () => {
    const root = makeRoot('removed');
    addOwnNode(root);
    const away = join(base, 'away');
    const script = `mkdir '${away}' && cd '${away}' && rmdir '${away}' && exec '${root}/bin/px' version`;
    const { status, stdout, stderr } = start('/bin/sh', ['-c', script]);
    assert.deepEqual([status, stdout], [125, '']);
    assert.match(stderr, /<px> Expected a working directory, got one that was removed/);
    assert.doesNotMatch(stderr, /node:internal/);
  });
});
