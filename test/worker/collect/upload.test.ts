import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { PxError } from '../../../protocol/errors.ts';
import { hashFile, uploadMissing } from '../../../worker/collect/upload.ts';
import type { Connection } from '../../../worker/connection.ts';

/** A control plane that lacks everything; a body that breaks off looks like a broken network to it. */
const lackingAll = () => {
  const state = { requests: 0, bytes: 0 };
  const call = async (name: string, { json, bytes }: { json?: unknown; bytes?: unknown }) => {
    if (name === 'workerBlobsMissing') return { missing: (json as { hashes: string[] }).hashes };
    state.requests += 1;
    try {
      for await (const piece of bytes as ReadableStream<Uint8Array>) state.bytes += piece.length;
    } catch (cause) {
      throw new PxError('unavailable', 'The control plane does not answer.', { cause });
    }
    return {};
  };
  return { state, connection: { call: call as unknown as Connection['call'] } };
};

const makeFile = (t: TestContext, text: string): Buffer => {
  const dir = mkdtempSync(join(tmpdir(), 'px-upload-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, 'file');
  writeFileSync(path, text);
  return Buffer.from(path);
};

const hashed = async (path: Buffer) => {
  const sum = await hashFile(path);
  assert.ok(sum);
  return { path, ...sum };
};

const { signal } = new AbortController();
const isMismatch = (error: unknown) => error instanceof PxError && error.code === 'hash_mismatch';

test('a file that stays as it was hashed is sent in one request', async (t) => {
  const path = makeFile(t, 'whole');
  const { state, connection } = lackingAll();
  await uploadMissing(connection, [await hashed(path)], signal);
  assert.equal(state.requests, 1);
  assert.ok(state.bytes > 'whole'.length);
});

test('a file that is renamed between its hashing and its sending is no broken network', async (t) => {
  const path = makeFile(t, 'gone');
  const upload = await hashed(path);
  rmSync(path);
  await assert.rejects(uploadMissing(lackingAll().connection, [upload], signal), isMismatch);
});

test('a file that becomes shorter while it is sent has to be hashed again', async (t) => {
  const path = makeFile(t, 'shorter');
  const upload = await hashed(path);
  truncateSync(path.toString(), 3);
  await assert.rejects(uploadMissing(lackingAll().connection, [upload], signal), isMismatch);
});

const SWAPS: Record<string, (path: string) => void> = {
  'a FIFO that nobody writes': (path) => execFileSync('mkfifo', [path]),
  'a link to a file elsewhere': (path) => symlinkSync('/etc/passwd', path),
  'a device that never ends': (path) => symlinkSync('/dev/zero', path),
  'a folder': (path) => mkdirSync(path),
};

for (const [what, put] of Object.entries(SWAPS)) {
  test(`a file that was swapped for ${what} is neither hashed nor sent`, async (t) => {
    const path = makeFile(t, 'mine');
    const upload = await hashed(path);
    rmSync(path);
    put(path.toString());
    const { state, connection } = lackingAll();
    assert.equal(await hashFile(path), null);
    await assert.rejects(uploadMissing(connection, [upload], signal), isMismatch);
    assert.equal(state.bytes, 0);
  });
}

test('a file whose folder was swapped for a link is neither hashed nor sent', async (t) => {
  const [inside, outside] = [makeFile(t, 'mine!'), makeFile(t, 'yours')];
  const upload = await hashed(inside);
  const [folder, other] = [dirname(inside.toString()), dirname(outside.toString())];
  renameSync(folder, `${folder}.old`);
  t.after(() => rmSync(`${folder}.old`, { recursive: true }));
  symlinkSync(other, folder);
  const { state, connection } = lackingAll();
  assert.equal(await hashFile(inside), null);
  await assert.rejects(uploadMissing(connection, [upload], signal), isMismatch);
  assert.equal(state.bytes, 0);
});
