import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { LINK_MODE } from '../../protocol/messages/bundles.ts';
import type { CollectedChange } from '../../protocol/messages/worker.ts';
import type { FakeControlPlane } from '../helpers/fake-control-plane.ts';
import { startBoth } from '../helpers/worker-process.ts';

const pathOf = ({ path }: CollectedChange): string =>
  Buffer.from(path, 'base64').toString('latin1');

const contents = (plane: FakeControlPlane, changes: readonly CollectedChange[]) =>
  Object.fromEntries(
    changes.map((change) => [
      pathOf(change),
      change.sha256 === null
        ? null
        : plane.blobs.get(change.sha256)?.toString('latin1').slice(0, 20),
    ]),
  );

describe('collected files', { concurrency: false }, () => {
  it('brings home what matches and is new, changed or deleted, with odd names and modes', async (t) => {
    const { plane } = await startBoth(t);
    const bundle = plane.addBundle({
      'out/old.txt': 'old',
      'out/gone.txt': 'gone',
      'out/kept.txt': 'kept',
      'in.txt': 'in',
    });
    const command = `cd out; echo new > old.txt; rm gone.txt; printf made > "$(printf 'caf\\351.txt')"; chmod 755 caf*; head -c 6000000 /dev/zero > big.txt; : > empty.txt; echo no > no.bin; echo x > ../in.txt`;
    const record = plane.lease(plane.addJob({ command, bundle, collect: ['./out/*.txt'] }));
    const { collected } = await plane.done(record);
    assert.deepEqual(contents(plane, collected), {
      'out/old.txt': 'new\n',
      'out/gone.txt': null,
      'out/caf\xe9.txt': 'made',
      'out/big.txt': '\0'.repeat(20),
      'out/empty.txt': '',
    });
    assert.equal(collected.find((change) => pathOf(change).includes('caf'))?.mode, 0o755);
    assert.ok(collected.every(({ writers }) => writers.length === 1));
    assert.deepEqual(plane.breaches, []);
  });

  it('takes a link for where it leads, relative in the tree, and one of the bundle only when it changed', async (t) => {
    const { plane } = await startBoth(t);
    const bundle = plane.addBundle({ 'out/a': 'a' }, {}, { 'out/kept': 'a', 'out/moved': 'a' });
    const command = `cd out; ln -s a new; ln -sf b moved; ln -sf a kept; ln -s "$PWD/a" absolute; ln -s /etc/passwd away; ln -s nowhere dangling; ln -s . folder`;
    const record = plane.lease(plane.addJob({ command, bundle, collect: ['out'] }));
    const { collected } = await plane.done(record);
    assert.deepEqual(contents(plane, collected), {
      'out/new': 'a',
      'out/moved': 'b',
      'out/absolute': 'a',
      'out/away': '/etc/passwd',
      'out/dangling': 'nowhere',
      'out/folder': '.',
    });
    assert.ok(collected.every(({ mode }) => mode === LINK_MODE));
  });

  it('takes a folder for everything in it', async (t) => {
    const { plane } = await startBoth(t);
    const job = plane.addJob({
      command: 'mkdir -p out/a && echo 1 > out/a/b && echo 2 > c',
      collect: ['out/'],
    });
    const { collected } = await plane.done(plane.lease(job));
    assert.deepEqual(contents(plane, collected), { 'out/a/b': '1\n' });
  });

  it('lists a change with every attempt that ran, in growing versions', async (t) => {
    const { plane, worker } = await startBoth(t);
    const go = `${worker.dir}/go`;
    const command = `echo "$PX_PARTITION" > shared; [ $PX_PARTITION = 1 ] || until [ -e ${go} ]; do sleep 0.02; done; [ $PX_PARTITION = 1 ] || echo last > shared`;
    const job = plane.addJob({ command, collect: ['shared'] });
    const long = plane.lease(job);
    await plane.until(() => long.started);
    const short = plane.lease(job, { attempt: 2 });
    const first = (await plane.done(short)).collected;
    assert.deepEqual(
      first[0]?.writers.toSorted((a, b) => a.partition - b.partition),
      [
        { partition: 0, attempt: 1 },
        { partition: 1, attempt: 2 },
      ],
    );
    writeFileSync(go, '');
    const second = (await plane.done(long)).collected;
    assert.deepEqual(contents(plane, second), { shared: 'last\n' });
    assert.ok((second[0]?.version ?? 0) > (first[0]?.version ?? 0));
    assert.ok(second[0]?.writers.some(({ partition }) => partition === 0));
  });

  it('lists a change again where the completion that listed it was lost', async (t) => {
    const { plane, worker } = await startBoth(t);
    const go = `${worker.dir}/go`;
    // Each waits for its own: the first one's end is not reported before it is lost.
    const command = `until [ -e ${go}$PX_PARTITION ]; do sleep 0.02; done; [ $PX_PARTITION = 1 ] || echo mine > file0`;
    const job = plane.addJob({ command, collect: ['file*'] });
    const lost = plane.lease(job);
    const other = plane.lease(job);
    await plane.until(() => lost.started && other.started);
    // Whatever the first one reports from now on is stale.
    plane.records.splice(plane.records.indexOf(lost), 1);
    writeFileSync(`${go}0`, '');
    await plane.until(() => plane.blobs.size > 0);
    writeFileSync(`${go}1`, '');
    assert.deepEqual(contents(plane, (await plane.done(other)).collected), { file0: 'mine\n' });
  });
});

describe('collected files that are gone when they are reported', { concurrency: false }, () => {
  const sum = (text: string) => createHash('sha256').update(text).digest('hex');
  const refusal = (missing: string[]) => ({
    status: 409,
    body: JSON.stringify({
      error: { code: 'blob_missing', message: 'gone', hint: null, details: { missing } },
    }),
  });

  it('are stored again as they are now, and the attempt counts', async (t) => {
    const { plane } = await startBoth(t);
    const [kept, gone] = [sum('kept\n'), sum('gone\n')];
    let faults = 0;
    plane.fault = (route) => {
      if (route !== 'workerReport' || faults > 0 || !plane.blobs.delete(gone)) return null;
      faults += 1;
      return refusal([gone]);
    };
    const job = plane.addJob({
      command: 'echo kept > a.txt; echo gone > b.txt',
      collect: ['*.txt'],
    });
    const { outcome, collected } = await plane.done(plane.lease(job));
    assert.deepEqual([faults, outcome], [1, { kind: 'exit', code: 0 }]);
    assert.deepEqual(contents(plane, collected), { 'a.txt': 'kept\n', 'b.txt': 'gone\n' });
    assert.ok(plane.blobs.has(kept));
  });

  it('fail the attempt by name of the reason once that was tried for a while', async (t) => {
    const { plane } = await startBoth(t);
    const gone = sum('gone\n');
    let isRefused = true;
    plane.fault = (route) => {
      if (route !== 'workerReport' || !isRefused || !plane.blobs.delete(gone)) return null;
      return refusal([gone]);
    };
    const other = plane.addJob({ command: 'echo other' });
    const job = plane.addJob({
      command: 'echo kept > a.txt; echo gone > b.txt',
      collect: ['*.txt'],
    });
    const lease = plane.lease(job);
    const { outcome, collected } = await plane.done(lease);
    assert.match(
      outcome.kind === 'spawn' ? outcome.message : '',
      /^1 collected files could not be/,
    );
    assert.deepEqual(contents(plane, collected), { 'a.txt': 'kept\n' });
    isRefused = false;
    assert.equal((await plane.done(plane.lease(other))).outcome.kind, 'exit');
  });
});

describe('--files', { concurrency: false }, () => {
  it('sends the names that the shell finds, in NUL-separated bytes', async (t) => {
    const { plane } = await startBoth(t);
    const files = {
      'a b.jpg': '',
      "it's.jpg": '',
      'caf\xe9.jpg': '',
      'n\nl.jpg': '',
      'x.png': '',
      'sub/y.jpg': '',
    };
    // Names that come in many reads, all as long as each other.
    const many = Array.from({ length: 500 }, (_, at) => `many/${1000 + at}`);
    const bundle = plane.addBundle({
      ...files,
      ...Object.fromEntries(many.map((name) => [name, ''])),
    });
    const list = async (glob: string) => {
      const job = plane.addJob({
        command: 'true',
        bundle,
        input: { kind: 'files', glob: Buffer.from(glob).toString('base64'), template: null },
      });
      const end = await plane.done(plane.lease(job, { kind: 'glob' }));
      assert.deepEqual(end.outcome, { kind: 'exit', code: 0 });
      assert.equal(plane.globs.get(job)?.sealed, true);
      return plane.globs.get(job)?.bytes.toString('latin1');
    };
    assert.equal(await list('*.jpg'), "a b.jpg\0caf\xe9.jpg\0it's.jpg\0n\nl.jpg\0");
    assert.equal(await list('*/*.jpg'), 'sub/y.jpg\0');
    assert.equal(await list('a b.*'), 'a b.jpg\0');
    assert.equal(await list('*.gif'), '');
    assert.equal(await list('many/*'), many.map((name) => `${name}\0`).join(''));
    assert.equal(await list('$(touch pwned)*'), '');
  });
});
