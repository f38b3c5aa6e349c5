import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Deps } from '../../../control-plane/deps.ts';
import { failSilentInputs } from '../../../control-plane/jobs/silence.ts';
import { findJobRow, saveJob } from '../../../control-plane/store/job-progress.ts';
import { utf8 } from '../../../protocol/bytes.ts';
import type { Client } from '../../../protocol/client.ts';
import { PxError } from '../../../protocol/errors.ts';
import { type Cleanup, createTestDeps } from '../../helpers/control-plane.ts';
import {
  append,
  createCaller,
  type Fed,
  feed,
  keepAlive,
  seal,
  sha256,
  submitFed,
  takeShares,
} from '../../helpers/jobs.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';
import { testSettings } from '../../helpers/stand-ins.ts';

const AUTO: Fed = { kind: 'stdin', cut: { mode: 'auto' } };
const STATIC_ARGS: Fed = { kind: 'args', cut: { mode: 'static' }, parallel: 2 };

const setUp = (t: Cleanup, over: Partial<Deps> = {}) => {
  const deps = createTestDeps(t, over);
  return { deps, ...createCaller(deps) };
};

const isCode = (code: string, details?: unknown) => (error: unknown) => {
  assert.ok(error instanceof PxError, String(error));
  assert.equal(error.code, code, error.message);
  if (details !== undefined) assert.deepEqual(error.details, details);
  return true;
};

const stored = (deps: Deps, id: string): Buffer =>
  readFileSync(join(deps.dataDir, 'jobs', id, 'input'));

const problemOf = async (client: Client, id: string) =>
  (await client.call('job', { params: { id } })).problem;

describe('appends', () => {
  test('are acknowledged again when the reply was lost', async (t) => {
    const { deps, client } = setUp(t);
    const id = await submitFed(client, AUTO);
    const [a, b] = [utf8('one\ntwo\n'), utf8('three\n')];
    await append(client, id, 0, a);
    assert.deepEqual(await append(client, id, 0, a), { length: 8, sealed: false });
    await append(client, id, 8, b);
    assert.deepEqual(await append(client, id, 0, a), { length: 14, sealed: false });
    assert.deepEqual(stored(deps, id).toString(), 'one\ntwo\nthree\n');
  });

  test('may name bytes that their sender wrote into the file itself', async (t) => {
    const { deps, client } = setUp(t);
    const id = await submitFed(client, AUTO);
    const first = utf8('one\n');
    const query = { offset: 0, sha256: sha256(first) };
    const { file } = await client.call('inputAppend', { params: { id }, query, bytes: first });
    assert.ok(file);
    const path = join(deps.dataDir, file);
    const name = (text: string, sum = text) => {
      const place = { offset: 4, sha256: sha256(utf8(sum)), length: text.length };
      return client.call('inputAppend', { params: { id }, query: place });
    };
    await assert.rejects(name('two\n'), isCode('bad_request'));
    appendFileSync(path, 'TWO\n');
    await assert.rejects(name('two\n'), isCode('hash_mismatch'));
    // What was written and not acknowledged is nothing.
    assert.equal((await client.call('inputStatus', { params: { id } })).length, 4);
    writeFileSync(path, 'one\ntwo\n');
    assert.equal((await name('two\n')).length, 8);
    // The reply was lost.
    assert.equal((await name('two\n')).length, 8);
    await seal(client, id, utf8('one\ntwo\n'));
    assert.equal(stored(deps, id).toString(), 'one\ntwo\n');
  });

  test('of other bytes at the same place are refused with what is expected', async (t) => {
    const { deps, client } = setUp(t);
    const id = await submitFed(client, AUTO);
    await append(client, id, 0, utf8('one\n'));
    await assert.rejects(
      append(client, id, 0, utf8('ONE\n')),
      isCode('offset_mismatch', { expected: 4 }),
    );
    await assert.rejects(
      append(client, id, 2, utf8('e\ntwo\n')),
      isCode('offset_mismatch', { expected: 4 }),
    );
    assert.deepEqual(stored(deps, id).toString(), 'one\n');
  });

  test('beyond the end wait for what comes before, and are refused without it', async (t) => {
    keepAlive(t);
    const { deps, client } = setUp(t);
    const id = await submitFed(client, AUTO);
    const late = append(client, id, 4, utf8('two\n'));
    await append(client, id, 0, utf8('one\n'));
    assert.deepEqual(await late, { length: 8, sealed: false });
    await assert.rejects(
      append(client, id, 100, utf8('x\n')),
      isCode('offset_mismatch', { expected: 8 }),
    );
    assert.deepEqual(stored(deps, id).toString(), 'one\ntwo\n');
  });

  test('whose bytes are not what their hash says change nothing', async (t) => {
    const { client } = setUp(t);
    const id = await submitFed(client, AUTO);
    const query = { offset: 0, sha256: sha256(utf8('else')) };
    const call = client.call('inputAppend', { params: { id }, query, bytes: utf8('one\n') });
    await assert.rejects(call, isCode('hash_mismatch'));
    const status = await client.call('inputStatus', { params: { id } });
    assert.deepEqual(status, { length: 0, sealed: false });
  });

  test('of more than 4 MiB are refused', async (t) => {
    const { client } = setUp(t);
    const id = await submitFed(client, AUTO);
    await assert.rejects(append(client, id, 0, Buffer.alloc((4 << 20) + 1)), isCode('too_large'));
  });

  test('after the seal are refused unless they repeat', async (t) => {
    const { client } = setUp(t);
    const id = await submitFed(client, AUTO);
    const whole = utf8('one\ntwo');
    await feed(client, id, whole, 4);
    assert.deepEqual(await append(client, id, 4, utf8('two')), { length: 7, sealed: true });
    await assert.rejects(append(client, id, 7, utf8('x')), isCode('input_sealed'));
    assert.deepEqual(await seal(client, id, whole), { length: 7, sealed: true });
    await assert.rejects(seal(client, id, utf8('one\ntw')), isCode('input_sealed'));
  });

  test('go on after a restart, and the seal knows the whole input', async (t) => {
    const { deps, client } = setUp(t);
    const id = await submitFed(client, AUTO);
    await append(client, id, 0, utf8('one\ntw'));
    const restarted = createTestDeps(t, { db: deps.db, dataDir: deps.dataDir });
    const again = createCaller(restarted).client;
    await append(again, id, 6, utf8('o\nthree'));
    const whole = utf8('one\ntwo\nthree');
    await assert.rejects(seal(again, id, utf8('one\ntwo\nthrEe')), isCode('hash_mismatch'));
    assert.deepEqual(await seal(again, id, whole), { length: 13, sealed: true });
    const shares = await takeShares(restarted, id, 4);
    const bytes = await Promise.all(shares.map((share) => restarted.inputs.read(id, share)));
    assert.deepEqual(Buffer.concat(bytes), Buffer.from(whole));
  });

  test('that were written but not committed before a crash are written over', async (t) => {
    const { deps, client } = setUp(t);
    const id = await submitFed(client, AUTO);
    await append(client, id, 0, utf8('one\n'));
    await append(client, id, 4, utf8('lost, and longer than what follows\n'));
    const row = findJobRow(deps.db, id);
    assert.ok(row);
    saveJob(deps.db, { ...row, inputLength: 4 });
    const restarted = createTestDeps(t, { db: deps.db, dataDir: deps.dataDir });
    const again = createCaller(restarted).client;
    await append(again, id, 4, utf8('two\n'));
    assert.deepEqual(await seal(again, id, utf8('one\ntwo\n')), { length: 8, sealed: true });
    const shares = await takeShares(restarted, id, 4);
    const bytes = await Promise.all(shares.map((share) => restarted.inputs.read(id, share)));
    assert.equal(Buffer.concat(bytes).toString(), 'one\ntwo\n');
  });

  test('below the floor of free space get 507, are not acknowledged, and heal', async (t) => {
    const settings = { ...testSettings, freeFloorBytes: Number.MAX_SAFE_INTEGER };
    const { deps, client } = setUp(t, { settings });
    const id = await submitFed(client, AUTO);
    await assert.rejects(append(client, id, 0, utf8('one\n')), isCode('disk_full'));
    const healed = createTestDeps(t, { db: deps.db, dataDir: deps.dataDir });
    const again = createCaller(healed).client;
    assert.equal((await again.call('inputStatus', { params: { id } })).length, 0);
    assert.equal((await append(again, id, 0, utf8('one\n'))).length, 4);
  });
});

describe('a static cut', () => {
  test('that a restart interrupted is made again', async (t) => {
    const { deps, client } = setUp(t);
    const id = await submitFed(client, { ...STATIC_ARGS, kind: 'stdin' });
    await feed(client, id, utf8('a\nb\nc\nd\ne'), 3);
    const row = findJobRow(deps.db, id);
    assert.ok(row);
    saveJob(deps.db, { ...row, partitions: null, lines: 0 });
    const restarted = createTestDeps(t, { db: deps.db, dataDir: deps.dataDir });
    restarted.inputs.tend();
    const shares = await takeShares(restarted, id, 1);
    const bytes = await Promise.all(shares.map((share) => restarted.inputs.read(id, share)));
    assert.deepEqual(
      bytes.map((share) => Buffer.from(share).toString()),
      ['a\nc\ne', 'b\nd\n'],
    );
  });

  test('reads its table back after a restart', async (t) => {
    const { deps, client } = setUp(t);
    const id = await submitFed(client, STATIC_ARGS);
    await feed(client, id, utf8('a\nb\nc\nd\n'), 3);
    const restarted = createTestDeps(t, { db: deps.db, dataDir: deps.dataDir });
    const shares = await takeShares(restarted, id, 1);
    assert.deepEqual(
      shares.map(({ source, offset, length, lines }) => ({ source, offset, length, lines })),
      [
        { source: 'cut', offset: 0, length: 4, lines: 2 },
        { source: 'cut', offset: 4, length: 4, lines: 2 },
      ],
    );
    assert.equal(statSync(join(deps.dataDir, 'jobs', id, '.lines')).size, 24);
  });
});

describe('lines that become arguments', () => {
  const refusals: { what: string; fed: Fed; input: Buffer; code: string; says: RegExp }[] = [
    {
      what: 'a NUL byte',
      fed: STATIC_ARGS,
      input: Buffer.from('one\ntwo\nth\0ree\n'),
      code: 'bad_input',
      says: /Line 3 .*--stdin-file/,
    },
    {
      what: 'a line of 131,072 bytes',
      fed: STATIC_ARGS,
      input: Buffer.from(`one\n${'x'.repeat(131_072)}\n`),
      code: 'bad_input',
      says: /Line 2 .*--stdin-file/,
    },
    {
      what: 'a static partition beyond ARG_MAX',
      fed: STATIC_ARGS,
      input: Buffer.from(`${'x'.repeat(100_000)}\n`.repeat(40)),
      code: 'args_too_long',
      says: /--partitions auto/,
    },
    {
      what: 'a batch beyond ARG_MAX',
      fed: { kind: 'args', cut: { mode: 'batch', size: 200_000 } },
      input: Buffer.from('1\n'.repeat(200_000)),
      code: 'args_too_long',
      says: /-n/,
    },
  ];
  for (const { what, fed, input, code, says } of refusals) {
    test(`${what} fails the job with ${code}`, async (t) => {
      const { client } = setUp(t);
      const id = await submitFed(client, fed);
      await assert.rejects(feed(client, id, input, 1 << 20), isCode(code));
      const problem = await problemOf(client, id);
      assert.equal(problem?.code, code);
      assert.match(problem?.message ?? '', says);
      assert.equal((await client.call('job', { params: { id } })).exit, 125);
    });
  }

  test('of 131,071 bytes are taken, and auto keeps each partition below ARG_MAX', async (t) => {
    const { deps, client } = setUp(t);
    const id = await submitFed(client, { kind: 'args', cut: { mode: 'auto' } });
    const whole = Buffer.from(`${'x'.repeat(131_071)}\n`.repeat(200));
    await feed(client, id, whole, 4 << 20);
    const shares = await takeShares(deps, id, 1);
    assert.equal(
      shares.reduce((sum, { lines }) => sum + lines, 0),
      200,
    );
    assert.ok(shares.every(({ length, lines }) => length + 9 * lines <= 1.5 * (1 << 20)));
    assert.ok(Math.max(...shares.map(({ lines }) => lines)) > 8);
  });

  test('may hold NUL bytes and be long where they go to stdin', async (t) => {
    const { deps, client } = setUp(t);
    const id = await submitFed(client, { kind: 'stdin', cut: { mode: 'batch', size: 1 } });
    const whole = Buffer.concat([Buffer.alloc(1_000_000), Buffer.from('\nb\0\n')]);
    await feed(client, id, whole, 300_000);
    const shares = await takeShares(deps, id, 9);
    assert.deepEqual(
      shares.map(({ length }) => length),
      [1_000_001, 3],
    );
  });
});

describe('a slow producer', () => {
  test('has its whole lines dealt before the end, after a moment', async (t) => {
    const clock = createManualClock();
    const { deps, client } = setUp(t, { clock });
    const id = await submitFed(client, AUTO);
    await append(client, id, 0, utf8('one\ntwo\nthr'));
    const look = () => {
      const job = findJobRow(deps.db, id);
      assert.ok(job);
      return deps.inputs.take(job, 2, { slots: 2, meanMs: null });
    };
    const early = look();
    assert.deepEqual([early.shares, early.againMs], [[], 100]);
    clock.advance(100);
    const { shares, progress } = look();
    assert.deepEqual(
      shares.map(({ offset, length, lines }) => [offset, length, lines]),
      [
        [0, 4, 1],
        [4, 4, 1],
      ],
    );
    assert.equal(progress.cutDone, false);
  });

  test('that is silent for a minute fails the job, and a heartbeat is no silence', async (t) => {
    const clock = createManualClock();
    const { deps, client } = setUp(t, { clock });
    const id = await submitFed(client, AUTO);
    failSilentInputs(deps);
    clock.advance(59_000);
    await client.call('inputHeartbeat', { params: { id } });
    failSilentInputs(deps);
    clock.advance(59_000);
    failSilentInputs(deps);
    assert.equal(await problemOf(client, id), null);
    clock.advance(1000);
    failSilentInputs(deps);
    assert.equal((await problemOf(client, id))?.code, 'input_incomplete');
    assert.equal((await client.call('job', { params: { id } })).exit, 125);
    await assert.rejects(append(client, id, 0, utf8('x\n')), isCode('input_sealed'));
  });

  test('has a full minute after a restart', async (t) => {
    const clock = createManualClock();
    const { deps, client } = setUp(t, { clock });
    const id = await submitFed(client, AUTO);
    failSilentInputs(deps);
    clock.advance(50_000);
    const later = createManualClock(clock.now());
    const restarted = createTestDeps(t, { db: deps.db, dataDir: deps.dataDir, clock: later });
    failSilentInputs(restarted);
    later.advance(30_000);
    failSilentInputs(restarted);
    assert.equal(findJobRow(deps.db, id)?.problemCode, null);
  });
});
