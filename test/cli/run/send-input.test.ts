import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { pieces } from '../../../cli/run/pieces.ts';
import { sendInput } from '../../../cli/run/send-input.ts';
import { Spaces } from '../../../cli/run/spaces.ts';
import type { CallOptions, CallReply, Client } from '../../../protocol/client.ts';
import { PxError } from '../../../protocol/errors.ts';
import type { RouteName } from '../../../protocol/routes.ts';

type Fault = 'none' | 'request lost' | 'reply lost' | 'half kept';

/** A control plane that keeps one input, and loses what the faults say, one for each append. */
const fakeInput = (faults: readonly Fault[]) => {
  const left = [...faults];
  let kept = Buffer.alloc(0);
  let sealed: { length: number; sha256: string } | null = null;
  const lost = () => new PxError('unavailable', 'lost');
  const append = (offset: number, bytes: Buffer): void => {
    if (offset !== kept.length) throw new PxError('offset_mismatch', 'out of step');
    const fault = left.shift() ?? 'none';
    if (fault === 'request lost') throw lost();
    const part = fault === 'half kept' ? bytes.subarray(0, Math.ceil(bytes.length / 2)) : bytes;
    kept = Buffer.concat([kept, part]);
    if (fault !== 'none') throw lost();
  };
  const call = async <N extends RouteName>(name: N, options?: CallOptions<N>) => {
    if (name === 'inputAppend') {
      append(Number(options?.query?.offset), Buffer.from(options?.bytes as Uint8Array));
    } else if (name === 'inputSeal') sealed = (options as CallOptions<'inputSeal'>).json ?? null;
    return { length: kept.length, sealed: sealed !== null } as CallReply<N>;
  };
  return { client: { call } as Client, kept: () => kept, sealed: () => sealed };
};

const chunksOf = async function* (chunks: readonly Uint8Array[]) {
  for (const bytes of chunks) {
    await Promise.resolve();
    yield bytes;
  }
};

const noSleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  ms > 10_000
    ? new Promise((resolve) => signal?.addEventListener('abort', () => resolve()))
    : Promise.resolve();

const send = (
  client: Client,
  chunks: readonly Uint8Array[],
  signal = new AbortController().signal,
) =>
  sendInput({
    connect: async () => client,
    job: 'j0123456789',
    bytes: chunksOf(chunks),
    sleep: noSleep,
    signal,
  });

test('the input arrives whole and sealed, whatever gets lost on the way', async () => {
  const fault = fc.constantFrom<Fault>('none', 'request lost', 'reply lost', 'half kept');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 20 }),
      fc.array(fault, { maxLength: 20 }),
      async (chunks, faults) => {
        const fake = fakeInput(faults);
        await send(fake.client, chunks);
        const whole = Buffer.concat(chunks);
        assert.deepEqual(fake.kept(), whole);
        const sha256 = createHash('sha256').update(whole).digest('hex');
        assert.deepEqual(fake.sealed(), { length: whole.length, sha256 });
      },
    ),
  );
});

test('pieces after the first stand in the file of a control plane on this machine', async (t) => {
  const files = mkdtempSync(join(tmpdir(), 'px-input-'));
  t.after(() => rmSync(files, { recursive: true }));
  const path = join(files, 'input');
  for (const refused of [false, true]) {
    const ways: string[] = [];
    let length = 0;
    const call = async <N extends RouteName>(name: N, options?: CallOptions<N>) => {
      const { offset = 0, length: named } = options?.query ?? {};
      if (name === 'inputAppend' && named !== undefined) {
        ways.push('named');
        if (refused) throw new PxError('hash_mismatch', 'not what was said');
        length = Number(offset) + Number(named);
      } else if (name === 'inputAppend') {
        ways.push('sent');
        const bytes = options?.bytes as Uint8Array;
        const before = Number(offset) === 0 ? Buffer.alloc(0) : readFileSync(path);
        writeFileSync(path, Buffer.concat([before.subarray(0, Number(offset)), bytes]));
        length = Number(offset) + bytes.length;
      }
      return { length, sealed: false, file: 'input' } as CallReply<N>;
    };
    const chunks = [1, 2, 3, 4, 5].map((byte) => Buffer.alloc(2 << 20, byte));
    await sendInput({
      ...{ connect: async () => ({ call }) as Client, job: 'j0123456789', files },
      ...{ bytes: chunksOf(chunks), sleep: noSleep, signal: new AbortController().signal },
    });
    assert.deepEqual(readFileSync(path), Buffer.concat(chunks));
    assert.equal(ways.includes('named'), true);
    assert.equal(ways.at(-1), refused ? 'sent' : 'named');
  }
});

test('what is refused for good is thrown and nothing is sealed', async () => {
  const fake = fakeInput([]);
  const sent = sendInput({
    connect: async () => fake.client,
    job: 'j0123456789',
    bytes: chunksOf([Buffer.from('good\n'), Buffer.from('bad\n')]),
    check: (bytes) => {
      if (bytes.includes('bad')) throw new PxError('bad_input', 'no');
    },
    sleep: noSleep,
    signal: new AbortController().signal,
  });
  await assert.rejects(sent, { code: 'bad_input' });
  assert.equal(fake.sealed(), null);
});

test('a disk that stays full is told once, in the words of the control plane', async () => {
  const fake = fakeInput([]);
  const full = new PxError('disk_full', 'The disk is full.', { hint: 'Make room.' });
  let refusals = 4;
  const call: Client['call'] = async (name, options) => {
    if (name === 'inputAppend' && refusals > 0) {
      refusals -= 1;
      throw full;
    }
    return fake.client.call(name, options);
  };
  const told: unknown[] = [];
  const waits: number[] = [];
  await sendInput({
    connect: async () => ({ call }),
    job: 'j0123456789',
    bytes: chunksOf([Buffer.from('a\n')]),
    sleep: (ms, signal) => {
      if (ms < 10_000) waits.push(ms);
      return noSleep(ms, signal);
    },
    signal: new AbortController().signal,
    onTrouble: (error) => told.push(error),
  });
  assert.equal(fake.kept().toString(), 'a\n');
  assert.deepEqual(told, [full]);
  assert.deepEqual(
    waits.filter((ms) => ms >= 100),
    [100, 200, 400, 800],
  );
});

test('an abort ends the sending though the source is silent', async () => {
  const stop = new AbortController();
  const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
  const sent = sendInput({
    connect: async () => fakeInput([]).client,
    job: 'j0123456789',
    bytes: silent,
    sleep: noSleep,
    signal: stop.signal,
  });
  stop.abort(new PxError('unavailable', 'over'));
  await assert.rejects(sent, { message: 'over' });
});

test('pieces fill their spaces, the first one less, and what there is goes out though more may come', async () => {
  const gate = Promise.withResolvers<void>();
  const source = async function* () {
    const chunk = Buffer.from('abcdefg');
    yield chunk;
    await gate.promise;
    yield chunk.fill('h').subarray(0, 1);
  };
  const never = new AbortController().signal;
  const got: string[] = [];
  const spaces = new Spaces(3);
  const options = { spaces, firstBytes: 1, sleep: noSleep, signal: never };
  for await (const piece of pieces(source(), options)) {
    got.push(Buffer.from(piece).toString());
    spaces.giveBack(piece);
    if (got.length === 3) gate.resolve();
  }
  assert.deepEqual(got, ['a', 'bcd', 'efg', 'h']);
});
