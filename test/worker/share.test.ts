import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Connection } from '../../worker/connection.ts';
import { inputOf } from '../../worker/input.ts';
import type { Held } from '../../worker/lease/book.ts';

const TEXT = 'before|the share|behind';
const SHARE = 'the share';

/** A lease whose share stands in a file, and how often it was asked for. */
const setUp = (t: { after(work: () => void): void }) => {
  const home = mkdtempSync(join(tmpdir(), 'px-share-'));
  t.after(() => rmSync(home, { recursive: true }));
  writeFileSync(join(home, 'input'), TEXT);
  let asked = 0;
  async function* pieces() {
    asked += 1;
    yield Buffer.from(SHARE.slice(0, 5));
    yield Buffer.from(SHARE.slice(5));
  }
  const lease = { input: 'fetch', bytes: SHARE.length, file: { path: 'input', offset: 7 } };
  const read = async (from: string | null): Promise<string> => {
    const connection = { pieces } as unknown as Connection;
    const deps = {
      connection,
      home: from,
      clock: { sleep: async () => undefined },
      random: () => 0,
    };
    const held = { lease, input: new Uint8Array(0) } as unknown as Held;
    let text = '';
    for await (const piece of inputOf(deps, held, new AbortController().signal)) {
      text += Buffer.from(piece);
    }
    return text;
  };
  return { home, read, asked: () => asked };
};

test('a share is read where it stands if that is on this machine', async (t) => {
  const { home, read, asked } = setUp(t);
  assert.equal(await read(home), SHARE);
  assert.equal(asked(), 0);
  assert.equal(await read(null), SHARE);
  assert.equal(asked(), 1);
});

test('what a file does not hold is asked for', async (t) => {
  const { home, read, asked } = setUp(t);
  writeFileSync(join(home, 'input'), TEXT.slice(0, 10));
  assert.equal(await read(home), SHARE);
  assert.equal(await read('/nonexistent'), SHARE);
  assert.equal(asked(), 2);
});
