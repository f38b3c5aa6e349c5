import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { concat, utf8 } from '../../../protocol/bytes.ts';
import { decodeFrames, encodeFrame } from '../../../protocol/frames.ts';
import type { BundleEntry } from '../../../protocol/messages/bundles.ts';
import { BlobFrame } from '../../../protocol/messages/bundles.ts';
import { blobBody, fileEntry, linkEntry, manifestOf, putBlobs } from '../../helpers/blobs.ts';
import { type Cleanup, createTestDeps } from '../../helpers/control-plane.ts';
import { createCaller, randomLine, sha256, submission } from '../../helpers/jobs.ts';
import { testSettings } from '../../helpers/stand-ins.ts';

const setUp = (t: Cleanup, freeFloorBytes = 0) => {
  const deps = createTestDeps(t, { settings: { ...testSettings, freeFloorBytes } });
  return { deps, ...createCaller(deps) };
};

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );

describe('blobs', () => {
  test('come back as they were stored, in one piece or in many', async (t) => {
    const { client, request } = setUp(t);
    const [a, b, empty] = [randomLine(100, 10), randomLine(700_000, 10), utf8('')];
    const half = b.length / 2;
    const body = concat([
      blobBody(a, empty),
      encodeFrame({ sha256: sha256(b), end: false }, b.subarray(0, half)),
      encodeFrame({ sha256: sha256(b), end: true }, b.subarray(half)),
    ]);
    await client.call('blobsPut', { bytes: body });
    for (const bytes of [a, b, empty]) {
      const response = await request(`/v1/blobs/${sha256(bytes)}`);
      assert.deepEqual(new Uint8Array(await response.arrayBuffer()), new Uint8Array(bytes));
    }
    const hashes = [sha256(a), sha256(utf8('no')), sha256(b), sha256(empty)];
    const { missing } = await client.call('blobsMissing', { json: { hashes } });
    assert.deepEqual(missing, [hashes[1]]);
  });

  test('that are not what their name says are refused, and nothing of the request is kept', async (t) => {
    const { deps, client } = setUp(t);
    const good = utf8('good');
    const bytes = concat([
      blobBody(good),
      encodeFrame({ sha256: sha256(utf8('else')), end: true }, utf8('bad')),
    ]);
    await assert.rejects(client.call('blobsPut', { bytes }), { code: 'hash_mismatch' });
    const { missing } = await client.call('blobsMissing', { json: { hashes: [sha256(good)] } });
    assert.deepEqual(missing, [sha256(good)]);
    assert.deepEqual(filesIn(join(deps.dataDir, 'blobs')), []);
  });

  test('of a body that ends early are refused', async (t) => {
    const { deps, client } = setUp(t);
    const whole = blobBody(utf8('cut off'));
    const cut = client.call('blobsPut', { bytes: whole.slice(0, -2) });
    await assert.rejects(cut, { code: 'bad_request' });
    const open = encodeFrame({ sha256: sha256(utf8('x')), end: false }, utf8('x'));
    await assert.rejects(client.call('blobsPut', { bytes: open }), { code: 'bad_request' });
    assert.deepEqual(filesIn(join(deps.dataDir, 'blobs')), []);
  });

  test('below the floor of free space get 507', async (t) => {
    const { client } = setUp(t, Number.MAX_SAFE_INTEGER);
    const full = {
      code: 'disk_full',
      message: /^The disk of .+ is nearly full: \d+ MiB free, and px/,
    };
    await assert.rejects(putBlobs(client, utf8('x')), full);
  });

  test('that are refused unread close their connection, which still holds the rest', async (t) => {
    const { request } = setUp(t, Number.MAX_SAFE_INTEGER);
    const body = blobBody(utf8('x'));
    const refused = await request('/v1/blobs', { method: 'POST', body });
    assert.equal(refused.status, 507);
    assert.equal(refused.headers.get('connection'), 'close');
    const bad = await request('/v1/blobs/missing', { method: 'POST', body: '{}' });
    assert.equal(bad.headers.get('connection'), null);
  });

  test('with a name that is no hash are not found', async (t) => {
    const { request } = setUp(t);
    for (const name of ['..%2f..%2fkey', 'a'.repeat(63), 'F'.repeat(64), '0'.repeat(64)]) {
      assert.equal((await request(`/v1/blobs/${name}`)).status, 404, name);
    }
  });
});

describe('a node', () => {
  test('fetches blobs of the bundles of its cluster in the order asked for', async (t) => {
    const { client, node } = setUp(t);
    const [a, b] = [utf8('a'), randomLine(600_000, 10)];
    const manifest = manifestOf(fileEntry('a', a), fileEntry('b', b), fileEntry('c', utf8('')));
    await putBlobs(client, a, b, utf8(''), manifest);
    await client.call('jobSubmit', { json: submission({ bundle: sha256(manifest) }) });
    const wanted = [b, manifest, a, utf8('')];
    const response = await node.call('workerBlobsFetch', { json: { hashes: wanted.map(sha256) } });
    const frames = decodeFrames(new Uint8Array(await response.arrayBuffer()));
    const got: Uint8Array[] = [];
    let parts: Uint8Array[] = [];
    for (const { header, body } of frames) {
      const { sha256: name, end } = BlobFrame.parse(header);
      parts.push(body);
      if (!end) continue;
      got.push(concat(parts));
      assert.equal(name, sha256(concat(parts)));
      parts = [];
    }
    assert.deepEqual(got.map(sha256), wanted.map(sha256));
  });

  test('fetches no blob that belongs to no job of its cluster', async (t) => {
    const { client, node } = setUp(t);
    await putBlobs(client, utf8('secret'));
    const json = { hashes: [sha256(utf8('secret'))] };
    await assert.rejects(node.call('workerBlobsFetch', { json }), { code: 'forbidden' });
  });

  test('stores collected files', async (t) => {
    const { client, node } = setUp(t);
    const bytes = utf8('result');
    const json = { hashes: [sha256(bytes)] };
    assert.deepEqual((await node.call('workerBlobsMissing', { json })).missing, json.hashes);
    await node.call('workerBlobsPut', { bytes: blobBody(bytes) });
    assert.deepEqual((await client.call('blobsMissing', { json })).missing, []);
  });
});

describe('a bundle', () => {
  const content = utf8('x');
  const refusals: [string, BundleEntry[]][] = [
    ['an absolute path', [fileEntry('/etc/passwd', content)]],
    ['a path that climbs out', [fileEntry('../x', content)]],
    ['a path that climbs inside', [fileEntry('a/../../x', content)]],
    ['a path with an empty part', [fileEntry('a//b', content)]],
    ['a path with a dot part', [fileEntry('./a', content)]],
    ['an empty path', [fileEntry('', content)]],
    ['a NUL in a path', [fileEntry('a\0b', content)]],
    ['an absolute link', [linkEntry('a', '/etc')]],
    ['a link that leaves the tree', [linkEntry('a/b', '../../x')]],
    ['a link that leaves and returns', [linkEntry('a', '../project/x')]],
    ['a link behind another one', [linkEntry('d/up', '..'), linkEntry('d/out', 'up/..')]],
    ['a path below a link', [linkEntry('a', 'b'), fileEntry('a/x', content)]],
    ['a path below a file', [fileEntry('a', content), fileEntry('a/x', content)]],
    ['the same path twice', [fileEntry('a', content), fileEntry('a', content)]],
  ];
  for (const [what, entries] of refusals) {
    test(`with ${what} is refused`, async (t) => {
      const { client } = setUp(t);
      const manifest = manifestOf(...entries);
      await putBlobs(client, content, manifest);
      const json = submission({ bundle: sha256(manifest) });
      await assert.rejects(client.call('jobSubmit', { json }), { code: 'bundle_refused' });
    });
  }

  test('that is no manifest is refused', async (t) => {
    const { client } = setUp(t);
    await putBlobs(client, utf8('{"version":1}'), utf8('not JSON'));
    for (const text of ['{"version":1}', 'not JSON']) {
      const json = submission({ bundle: sha256(utf8(text)) });
      await assert.rejects(client.call('jobSubmit', { json }), { code: 'bundle_refused' });
    }
  });

  test('with links inside the tree and odd names is taken', async (t) => {
    const { client } = setUp(t);
    const manifest = manifestOf(
      fileEntry('dir/a b', content),
      {
        ...fileEntry('', content),
        path: Buffer.from([0xff, 0x20]).toString('base64'),
      } as BundleEntry,
      linkEntry('dir/up', '../link'),
      linkEntry('link', 'dir/a b'),
    );
    await putBlobs(client, content, manifest);
    const json = submission({ bundle: sha256(manifest) });
    assert.equal((await client.call('jobSubmit', { json })).state, 'queued');
  });

  test('names what is missing: the manifest first, then its files', async (t) => {
    const { client } = setUp(t);
    const manifest = manifestOf(fileEntry('a', content), fileEntry('b', utf8('y')));
    const json = submission({ bundle: sha256(manifest) });
    const details = (...blobs: Uint8Array[]) => ({
      code: 'blob_missing',
      details: { missing: blobs.map(sha256) },
    });
    await assert.rejects(client.call('jobSubmit', { json }), details(manifest));
    await putBlobs(client, manifest, utf8('y'));
    await assert.rejects(client.call('jobSubmit', { json }), details(content));
    await putBlobs(client, content);
    assert.equal((await client.call('jobSubmit', { json })).state, 'queued');
  });
});
