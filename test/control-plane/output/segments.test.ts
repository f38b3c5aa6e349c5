import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PxError } from '../../../protocol/errors.ts';
import { createTestDeps } from '../../helpers/control-plane.ts';
import { testSettings } from '../../helpers/stand-ins.ts';

const START = { segment: 0, length: 0 };
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (read: Uint8Array) => new TextDecoder().decode(read);

test('chunks are read back from the places they were written to', async (t) => {
  const { segments } = createTestDeps(t);
  const first = await segments.write('j1', START, [bytes('one'), bytes(''), bytes('three')]);
  const second = await segments.write('j1', first.end, [bytes('four')]);
  await segments.sync();
  assert.deepEqual(second.end, { segment: 0, length: 12 });
  const read = await Promise.all(
    [...first.places, ...second.places].map(async (place) =>
      text(await segments.read('j1', place)),
    ),
  );
  assert.deepEqual(read, ['one', '', 'three', 'four']);
});

test('a write from the committed end overwrites what was never committed', async (t) => {
  const { segments } = createTestDeps(t);
  await segments.write('j1', START, [bytes('lost in a crash')]);
  const { places } = await segments.write('j1', START, [bytes('kept')]);
  assert.deepEqual(await Promise.all(places.map((p) => segments.read('j1', p))), [bytes('kept')]);
});

test('a segment is followed by the next one at 64 MiB', async (t) => {
  const { segments, dataDir } = createTestDeps(t);
  const chunk = new Uint8Array(1 << 20).fill(7);
  let end = START;
  for (let round = 0; round < 9; round += 1) {
    ({ end } = await segments.write('j1', end, Array<Uint8Array>(8).fill(chunk)));
  }
  await segments.sync();
  assert.deepEqual(end, { segment: 1, length: 8 << 20 });
  assert.deepEqual(readdirSync(join(dataDir, 'jobs/j1/out')).sort(), ['0', '1']);
});

test('more jobs than files may be open keep their bytes', async (t) => {
  const { segments } = createTestDeps(t);
  const jobs = Array.from({ length: 150 }, (_, index) => `j${index}`);
  const placed = await Promise.all(jobs.map((job) => segments.write(job, START, [bytes(job)])));
  await segments.sync();
  const read = await Promise.all(
    jobs.map(async (job, at) =>
      text(await segments.read(job, placed[at]?.places[0] ?? { ...START, offset: 0 })),
    ),
  );
  assert.deepEqual(read, jobs);
});

test('a read past the end of a segment is short', async (t) => {
  const { segments } = createTestDeps(t);
  await segments.write('j1', START, [bytes('abc')]);
  assert.equal((await segments.read('j1', { segment: 0, offset: 1, length: 9 })).length, 2);
});

test('below the free-space floor a write is refused as disk_full', async (t) => {
  const settings = { ...testSettings, freeFloorBytes: Number.MAX_SAFE_INTEGER };
  const { segments } = createTestDeps(t, { settings });
  await assert.rejects(
    segments.write('j1', START, [bytes('x')]),
    (error) => error instanceof PxError && error.code === 'disk_full',
  );
});

test('removing the output of a job removes its folder and leaves others alone', async (t) => {
  const { segments, dataDir } = createTestDeps(t);
  await segments.write('j1', START, [bytes('x')]);
  const { places } = await segments.write('j2', START, [bytes('y')]);
  await segments.remove('j1');
  assert.deepEqual(readdirSync(join(dataDir, 'jobs/j1')), []);
  for (const place of places) assert.equal(text(await segments.read('j2', place)), 'y');
});
