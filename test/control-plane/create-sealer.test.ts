import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSealer } from '../../control-plane/create-sealer.ts';
import { utf8 } from '../../protocol/bytes.ts';
import type { Cleanup } from '../helpers/control-plane.ts';

const folder = (t: Cleanup): string => {
  const path = mkdtempSync(join(tmpdir(), 'px-sealer-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
};

test('what is sealed opens again, also after a restart, and twice differs', (t) => {
  const key = join(folder(t), 'key');
  const sealed = createSealer(key).seal(utf8('secret'));
  assert.deepEqual(Buffer.from(createSealer(key).open(sealed)).toString(), 'secret');
  assert.ok(!Buffer.from(sealed).includes('secret'));
  assert.notDeepEqual(createSealer(key).seal(utf8('secret')), sealed);
});

test('the key is 32 bytes that only the owner reads, and stands alone', (t) => {
  const path = folder(t);
  createSealer(join(path, 'key'));
  const { size, mode } = statSync(join(path, 'key'));
  assert.deepEqual([size, mode & 0o777], [32, 0o600]);
  assert.deepEqual(readdirSync(path), ['key']);
});

test('what was sealed with another key or changed does not open', (t) => {
  const path = folder(t);
  const sealer = createSealer(join(path, 'key'));
  const sealed = Buffer.from(sealer.seal(utf8('secret')));
  const other = createSealer(join(path, 'other'));
  assert.throws(() => other.open(sealed), { code: 'database_damaged' });
  for (const at of [0, 12, sealed.length - 1]) {
    const flipped = Buffer.from(sealed);
    flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
    assert.throws(() => sealer.open(flipped), { code: 'database_damaged' });
  }
  assert.throws(() => sealer.open(sealed.subarray(0, 20)), { code: 'database_damaged' });
});
