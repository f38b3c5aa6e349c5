import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { feed } from '../../../worker/process/feed.ts';
import { splitLines } from '../../../worker/process/lines.ts';

/** Pieces of different lengths, all in the same memory. */
async function* reused(lengths: readonly number[]) {
  const space = Buffer.alloc(300_000);
  for (const [at, length] of lengths.entries()) yield space.fill(65 + at).subarray(0, length);
}

const LENGTHS = [1, 300_000, 7, 70_000, 3, 200_000];

test('pieces that stand in the same memory reach a slow reader whole', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'px-feed-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const path = join(dir, 'fifo');
  execFileSync('mkfifo', [path]);
  const reader = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const feeding = feed(openSync(path, constants.O_WRONLY), reused(LENGTHS));
  const got: Buffer[] = [];
  const whole = LENGTHS.reduce((sum, length) => sum + length, 0);
  for (let have = 0; have < whole; ) {
    const { bytesRead, buffer } = await reader
      .read(Buffer.alloc(5000))
      .catch(() => ({ bytesRead: 0, buffer: Buffer.alloc(0) }));
    have += bytesRead;
    got.push(buffer.subarray(0, bytesRead));
    if (bytesRead === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await feeding.done;
  await reader.close();
  const expected = LENGTHS.map((length, at) => Buffer.alloc(length, 65 + at));
  assert.ok(Buffer.concat(got).equals(Buffer.concat(expected)));
});

test('lines are their own though the pieces stand in the same memory', async () => {
  const lines: string[] = [];
  const kept: Uint8Array[] = [];
  const space = Buffer.alloc(4);
  const pieces = async function* () {
    for (const text of ['a\nb\n', 'c\nde', 'f\n', 'g']) {
      yield space.subarray(0, space.write(text));
    }
  };
  for await (const line of splitLines(pieces(), '\n')) kept.push(line);
  for (const line of kept) lines.push(Buffer.from(line).toString());
  assert.deepEqual(lines, ['a', 'b', 'c', 'def', 'g']);
});
