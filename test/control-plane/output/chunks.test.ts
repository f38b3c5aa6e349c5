import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { nothingNear, readChunk } from '../../../control-plane/output/chunks.ts';
import type { LogRow } from '../../../control-plane/store/readers.ts';
import { PxError } from '../../../protocol/errors.ts';

/** A segment in memory, and how often it was read. */
const stored = () => {
  let bytes = Buffer.alloc(0);
  let reads = 0;
  const read = async (_: string, { offset, length }: { offset: number; length: number }) => {
    reads += 1;
    return new Uint8Array(bytes.subarray(offset, offset + length));
  };
  const write = (offset: number, text: string): LogRow => {
    const piece = Buffer.from(text);
    bytes = Buffer.concat([bytes.subarray(0, offset), piece, bytes.subarray(offset + text.length)]);
    const sha256 = createHash('sha256').update(piece).digest();
    const place = { segment: 0, offset, length: piece.length };
    return { jobId: 'j1', partition: 0, cursor: 1, sha256, ...place } as LogRow;
  };
  const segments = { read, write: async () => assert.fail(), sync: async () => undefined };
  const deps = { segments: { ...segments, remove: async () => undefined, fileOf: () => 'out' } };
  return { deps, write, reads: () => reads };
};

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test('small chunks that lie together are read once', async () => {
  const { deps, write, reads } = stored();
  const rows = [write(0, 'one\n'), write(4, 'two\n'), write(8, 'three\n')];
  const near = nothingNear();
  const got: string[] = [];
  for (const row of rows) got.push(text(await readChunk(deps, row, near)));
  assert.deepEqual(got, ['one\n', 'two\n', 'three\n']);
  assert.equal(reads(), 1);
});

test('what was written behind the last read, also over what a crash left there, is read again', async () => {
  const { deps, write, reads } = stored();
  const first = write(0, 'one\n');
  write(4, 'torn');
  const near = nothingNear();
  await readChunk(deps, first, near);
  const second = write(4, 'two\n');
  const third = write(8, 'three\n');
  assert.equal(text(await readChunk(deps, second, near)), 'two\n');
  assert.equal(text(await readChunk(deps, third, near)), 'three\n');
  assert.equal(reads(), 2);
});

test('a small chunk whose bytes are not those of its hash is damaged', async () => {
  const { deps, write } = stored();
  const row = write(0, 'one\n');
  write(0, 'oNe\n');
  const isDamaged = (error: unknown) => error instanceof PxError && error.code === 'output_damaged';
  await assert.rejects(readChunk(deps, row, nothingNear()), isDamaged);
});
