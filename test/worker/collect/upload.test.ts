import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  t.after(() => rmSync(dir, { recursive: true }));
  const path = join(dir, 'file');
  writeFileSync(path, text);
  return Buffer.from(path);
};

const { signal } = new AbortController();
const isMismatch = (error: unknown) => error instanceof PxError && error.code === 'hash_mismatch';

test('a file that stays as it was hashed is sent in one request', async (t) => {
  const path = makeFile(t, 'whole');
  const { state, connection } = lackingAll();
  await uploadMissing(connection, [{ path, ...(await hashFile(path)) }], signal);
  assert.equal(state.requests, 1);
  assert.ok(state.bytes > 'whole'.length);
});

test('a file that is renamed between its hashing and its sending is no broken network', async (t) => {
  const path = makeFile(t, 'gone');
  const upload = { path, ...(await hashFile(path)) };
  rmSync(path);
  await assert.rejects(uploadMissing(lackingAll().connection, [upload], signal), isMismatch);
});

test('a file that becomes shorter while it is sent has to be hashed again', async (t) => {
  const path = makeFile(t, 'shorter');
  const upload = { path, ...(await hashFile(path)) };
  truncateSync(path.toString(), 3);
  await assert.rejects(uploadMissing(lackingAll().connection, [upload], signal), isMismatch);
});
