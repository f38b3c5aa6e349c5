import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CallOptions } from '../../../protocol/client.ts';
import { PxError } from '../../../protocol/errors.ts';
import type { Connection } from '../../../worker/connection.ts';
import { createDelivery } from '../../../worker/report/deliver.ts';

const NEVER = new AbortController().signal;
const LARGE = [Buffer.alloc(70_000, 1), Buffer.alloc(10, 2)];
const BYTES = 70_010;

/** A control plane that notes how reports come, and answers as it is told. */
const listen = (answer: () => void = () => undefined) => {
  const asked: { file: unknown; bytes: number }[] = [];
  const call = (async (_: string, options: CallOptions<'workerReport'> = {}) => {
    const { bytes, query } = options;
    asked.push({ file: query?.file, bytes: bytes instanceof Uint8Array ? bytes.length : 0 });
    answer();
    return { results: [] };
  }) as Connection['call'];
  return { connection: { call }, asked };
};

const folderOf = (t: { after(work: () => void): void }): string => {
  const folder = mkdtempSync(join(tmpdir(), 'px-deliver-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
};

test('a large report stands in the file, and the request says how long it is', async (t) => {
  const path = join(folderOf(t), 'report');
  const { connection, asked } = listen();
  const delivery = createDelivery(connection, path);
  await delivery.send(LARGE, BYTES, NEVER);
  assert.deepEqual(readFileSync(path), Buffer.concat(LARGE));
  await delivery.send([Buffer.from('small')], 5, NEVER);
  assert.deepEqual(asked, [
    { file: BYTES, bytes: 0 },
    { file: undefined, bytes: 5 },
  ]);
});

test('without a shared disk every report is in its request, and shorter', async (t) => {
  const { connection, asked } = listen();
  const apart = createDelivery(connection, null);
  await apart.send(LARGE, BYTES, NEVER);
  assert.deepEqual(asked, [{ file: undefined, bytes: BYTES }]);
  assert.ok(apart.maxBytes < createDelivery(connection, join(folderOf(t), 'report')).maxBytes);
});

test('a file that cannot be written is no obstacle', async () => {
  const { connection, asked } = listen();
  // Its folder is a file.
  await createDelivery(connection, join(import.meta.filename, 'report')).send(LARGE, BYTES, NEVER);
  assert.deepEqual(asked, [{ file: undefined, bytes: BYTES }]);
});

test('a control plane that does not find the file gets the next report in the request', async (t) => {
  const answers = [() => assert.fail(new PxError('bad_request', 'no file')), () => undefined];
  const { connection, asked } = listen(() => answers.shift()?.());
  const delivery = createDelivery(connection, join(folderOf(t), 'report'));
  await assert.rejects(delivery.send(LARGE, BYTES, NEVER), /no file/);
  await delivery.send(LARGE, BYTES, NEVER);
  assert.deepEqual(asked, [
    { file: BYTES, bytes: 0 },
    { file: undefined, bytes: BYTES },
  ]);
});
