import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { FakeControlPlane } from '../helpers/fake-control-plane.ts';
import { output, type Recorded } from '../helpers/fake-records.ts';
import { startBoth } from '../helpers/worker-process.ts';

/** Everything in the working directory: kinds, modes, targets and sums, by bytes. */
const LIST = `find . -mindepth 1 -printf '%y %m %p -> %l\\n' | LC_ALL=C sort; find . -type f -exec sha256sum {} + | LC_ALL=C sort -k2`;

/** Spoils a tree in every way that a job can think of. */
const SPOIL = `
echo changed >> a.txt; rm dir/b.txt; mkdir -p new/deep && touch new/deep/file; ln -s / out
chmod 600 run.sh; rm -r gone && echo now a file > gone; rm link && mkdir link && touch link/x
ln dir/c.txt hard; echo through the link >> hard; rm hard
s=$(stat -c %Y same); printf 'X' | dd of=same conv=notrunc status=none; touch -d @$s same
mkdir ro && touch ro/f && chmod 500 ro; mv dir moved; mkdir dir; chmod 700 kept
`;

const FILES = {
  'a.txt': 'a\n',
  'dir/b.txt': 'b\n',
  'dir/c.txt': 'c\n',
  'dir/deep/d': '',
  'gone/e': 'e\n',
  'kept/f': 'f\n',
  same: 'same size\n',
  'run.sh': '#!/bin/sh\necho ran\n',
  'caf\xe9 \xff': 'bytes\n',
  large: randomBytes(2_500_000),
};
const bundleOf = (plane: FakeControlPlane, more: Record<string, string> = {}) =>
  plane.addBundle(
    { ...FILES, ...more },
    { 'run.sh': 0o755, 'kept/f': 0o400 },
    { link: 'dir/c.txt' },
  );

const text = async (plane: FakeControlPlane, record: Recorded): Promise<string> => {
  assert.deepEqual((await plane.done(record)).outcome, { kind: 'exit', code: 0 });
  return output(record).toString('latin1');
};

describe('bundles', { concurrency: false }, () => {
  it('lays files, modes, links and odd names down, and fetches each blob once', async (t) => {
    const { plane } = await startBoth(t);
    const bundle = bundleOf(plane);
    const first = await text(plane, plane.lease(plane.addJob({ command: LIST, bundle })));
    assert.match(first, /^f 755 \.\/run\.sh -> $/m);
    assert.match(first, /^f 400 \.\/kept\/f -> $/m);
    assert.match(first, /^l 777 \.\/link -> dir\/c\.txt$/m);
    assert.ok(first.includes('./caf\xe9 \xff'));
    const fetched = plane.fetched.length;
    assert.equal(new Set(plane.fetched).size, fetched);
    const other = bundleOf(plane, { more: 'one more\n' });
    const second = await text(plane, plane.lease(plane.addJob({ command: LIST, bundle: other })));
    assert.match(second, /\.\/more/);
    assert.equal(plane.fetched.length, fetched + 2);
    assert.deepEqual(plane.breaches, []);
  });

  it('gives a job a pristine tree, whatever the one before did to it', async (t) => {
    const { plane, worker } = await startBoth(t);
    const bundle = bundleOf(plane);
    const clean = await text(plane, plane.lease(plane.addJob({ command: LIST, bundle })));
    for (const turn of [1, 2, 3]) {
      const job = plane.addJob({ command: `${SPOIL}\nstat -c %i .`, bundle });
      const inodes = await text(plane, plane.lease(job));
      plane.endJob(job);
      await plane.until(() => readdirSync(`${worker.dir}/trees`).length > 0);
      const next = plane.addJob({ command: `stat -c %i . >&2; ${LIST}`, bundle });
      const record = plane.lease(next);
      assert.equal(await text(plane, record), clean, `turn ${turn}`);
      // The very tree that was spoiled, less what was spoiled in it.
      assert.equal(output(record, 2).toString(), inodes);
      plane.endJob(next);
      await plane.until(() => !readdirSync(`${worker.dir}/jobs`).includes(next));
    }
  });

  it('makes the tree of a similar bundle by its difference', async (t) => {
    const { plane, worker } = await startBoth(t);
    const first = plane.addJob({ command: 'stat -c %i .', bundle: bundleOf(plane) });
    const inode = await text(plane, plane.lease(first));
    plane.endJob(first);
    await plane.until(() => readdirSync(`${worker.dir}/trees`).length > 0);
    const changed = { 'a.txt': 'other\n', 'gone/e/now': 'a folder\n' };
    const { 'gone/e': _, ...rest } = FILES;
    const bundle = plane.addBundle({ ...rest, ...changed }, { 'run.sh': 0o755 });
    const record = plane.lease(plane.addJob({ command: `stat -c %i . >&2; ${LIST}`, bundle }));
    const now = await text(plane, record);
    assert.equal(output(record, 2).toString(), inode);
    assert.match(now, /^f 644 \.\/gone\/e\/now -> $/m);
    assert.doesNotMatch(now, /\.\/link/);
    assert.match(now, /^f 644 \.\/kept\/f -> $/m);
  });

  it('shares one copy between the slots of a job, and none between jobs', async (t) => {
    const { plane } = await startBoth(t);
    const bundle = bundleOf(plane);
    const pair = plane.addJob({
      command: 'touch $PX_PARTITION; until [ -e 0 ] && [ -e 1 ]; do sleep 0.02; done',
      bundle,
    });
    const other = plane.addJob({ command: 'ls 0 1 2>/dev/null; true', bundle });
    await Promise.all([plane.lease(pair), plane.lease(pair)].map((one) => plane.done(one)));
    assert.equal(await text(plane, plane.lease(other)), '');
  });

  it('starts in the working directory inside the bundle, which may be no text and empty', async (t) => {
    const { plane } = await startBoth(t);
    const workdir = (path: string) => Buffer.from(path, 'latin1').toString('base64');
    const inside = plane.addJob({
      command: 'cat c.txt',
      bundle: bundleOf(plane),
      workdir: workdir('dir'),
    });
    assert.equal(await text(plane, plane.lease(inside)), 'c\n');
    const odd = plane.addJob({ command: 'pwd', workdir: workdir('no/\xff') });
    assert.match(await text(plane, plane.lease(odd)), /\/work\/no\/\xff\n$/);
  });

  it('refuses a manifest that leads out of its folder, and leaves nothing there', async (t) => {
    const { plane } = await startBoth(t);
    const bad = [
      plane.addBundle({ '../x': '' }),
      plane.addBundle({ '/etc/px-x': '' }),
      plane.addBundle({ 'a/./b': '' }),
      plane.addBundle({ 'up/x': '' }, {}, { up: '..' }),
      plane.addBundle({ 'd/x': '' }, {}, { d: 'e' }),
      plane.addBundle({}, {}, { abs: '/etc/passwd' }),
      plane.addBundle({}, {}, { 'd/up': '..', 'd/out': 'up/..' }),
      plane.addBlob('{"version":2}'),
    ];
    for (const bundle of bad) {
      const end = await plane.ended(plane.lease(plane.addJob({ command: 'true', bundle })));
      assert.equal(end.t === 'refused' && end.code, 'bundle_refused');
    }
  });
});

describe('setup', { concurrency: false }, () => {
  it('runs once for its text and the files that it names, and lies over later copies', async (t) => {
    const { plane, worker } = await startBoth(t);
    const runs = `${worker.dir}/runs`;
    const setup = `echo run >> ${runs}\nmkdir -p lib/.bin && cp need.txt lib/made && ln -s ../made lib/.bin/x\necho more >> a.txt`;
    const files = { 'need.txt': 'one\n', 'a.txt': 'a\n', 'b.txt': 'b\n' };
    const env = { env: { A: '1' }, secrets: {} };
    const command = 'cat lib/.bin/x a.txt b.txt; echo spoiled > lib/made';
    const run = async (more: Record<string, string>) => {
      const job = plane.addJob({
        command,
        setup,
        env,
        bundle: plane.addBundle({ ...files, ...more }),
      });
      const told = await text(plane, plane.lease(job));
      plane.endJob(job);
      return told;
    };
    assert.equal(await run({}), 'one\na\nmore\nb\n');
    assert.equal(await run({}), 'one\na\nmore\nb\n');
    assert.equal(await run({ 'b.txt': 'B\n' }), 'one\na\nmore\nB\n');
    assert.equal(readFileSync(runs, 'utf8'), 'run\n');
    assert.equal(await run({ 'need.txt': 'two\n' }), 'two\na\nmore\nb\n');
    assert.equal(readFileSync(runs, 'utf8'), 'run\nrun\n');
  });

  it('says how it failed, with the end of its output', async (t) => {
    const { plane, worker } = await startBoth(t);
    const job = plane.addJob({ command: 'true', setup: 'echo before\nno-such-tool\necho after' });
    const end = await plane.ended(plane.lease(job));
    assert.equal(end.t === 'refused' && end.code, 'setup_failed');
    assert.match(JSON.stringify(end), /status 127.*before.*no-such-tool: not found/);
    assert.doesNotMatch(JSON.stringify(end), /after/);
    assert.match(worker.log(), /no-such-tool: not found/);
  });
});
