import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Context } from '../../../cli/context.ts';
import { followOutput } from '../../../cli/run/follow.ts';
import { watchJob } from '../../../cli/run/watch-job.ts';
import { PxError } from '../../../protocol/errors.ts';
import { encodeFrame } from '../../../protocol/frames.ts';
import type { OutputFrame } from '../../../protocol/messages/output.ts';
import { fakeOutput, type Recorded } from '../../helpers/fake-output.ts';
import { type FakeScreen, fakeScreen } from '../../helpers/fake-screen.ts';
import { jobView } from '../../helpers/job-view.ts';

type Committed = Extract<OutputFrame, { t: 'committed' }>;

const chunk = (partition: number, stream: 1 | 2, body: string): Recorded => ({
  header: { t: 'chunk', partition, attempt: 1, stream },
  body,
});

const committed = (partition: number, changes: Partial<Committed> = {}): Recorded => ({
  header: {
    t: 'committed',
    partition,
    attempt: 1,
    outcome: { kind: 'exit', code: 0 },
    node: 'local-0',
    lines: 1,
    firstLine: partition,
    startedAt: 0,
    runtimeMs: 5,
    inputBytes: 2,
    outputBytes: 3,
    hash: null,
    ...changes,
  },
});

const END: Recorded = { header: { t: 'end', job: jobView() } };

/** A context that can print and has no time. */
const contextOf = (output: FakeScreen, json = false): Context => {
  const refuse = () => Promise.reject(new Error('nobody expected this'));
  return {
    cwd: '/',
    env: {},
    stdin: process.stdin,
    output,
    json,
    yes: false,
    home: '/nonexistent',
    files: null,
    client: refuse,
    reconnect: refuse,
    project: refuse,
    clock: () => 0,
    now: () => 0,
    // Long waits never end: a watchdog must not bite here.
    sleep: (ms, signal) =>
      ms > 10_000
        ? new Promise((resolve) => signal?.addEventListener('abort', () => resolve()))
        : Promise.resolve(),
    onSignal: () => () => {},
  };
};

const watch = async (recorded: Recorded[], cuts: number[], screen: FakeScreen, tag = false) => {
  const fake = fakeOutput(recorded, cuts);
  const rows: number[] = [];
  const job = await watchJob({
    context: contextOf(screen),
    connect: async () => fake.client,
    job: 'j0123456789',
    stdout: 'final',
    stderr: 'final',
    order: false,
    tag,
    report: true,
    pace: true,
    follow: true,
    signal: new AbortController().signal,
    commits: { add: ({ partition }) => void rows.push(partition), flush: () => null },
  });
  return { job, rows, asked: fake.asked };
};

const OUTPUT: Recorded[] = [
  chunk(1, 1, 'one\n'),
  chunk(1, 2, 'oops\n'),
  chunk(1, 1, 'and more'),
  committed(1),
  chunk(0, 1, 'zero\0\xff\n'),
  committed(0),
  END,
];

const bytesOf = (recorded: Recorded[]): number =>
  Buffer.concat(
    recorded.map(({ header, body }, index) =>
      encodeFrame({ ...header, cursor: String(index + 1) }, Buffer.from(body ?? '')),
    ),
  ).length;

test('output is whole and once though the connection breaks at every byte', async () => {
  const whole = bytesOf(OUTPUT);
  for (let cut = 0; cut < whole; cut += 1) {
    const screen = fakeScreen();
    const { job, rows } = await watch(OUTPUT, [cut], screen);
    assert.equal(screen.bytes(1).toString(), 'one\nand morezero\0\xff\n', `cut at ${cut}`);
    assert.equal(screen.bytes(2).toString(), 'oops\n', `cut at ${cut}`);
    assert.deepEqual([rows, job?.exit], [[1, 0], 0], `cut at ${cut}`);
  }
});

test('any output survives any breaks', async () => {
  const piece = fc.tuple(
    fc.nat(3),
    fc.constantFrom<1 | 2>(1, 2),
    fc.string({ minLength: 1, unit: 'binary' }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece),
      fc.array(fc.nat(2000), { maxLength: 6 }),
      async (made, cuts) => {
        const recorded = [...made.map(([p, s, body]) => chunk(p, s, body)), END];
        const screen = fakeScreen();
        await watch(recorded, cuts, screen);
        for (const stream of [1, 2] as const) {
          const expected = made
            .filter(([, s]) => s === stream)
            .map(([, , body]) => Buffer.from(body));
          assert.deepEqual(screen.bytes(stream), Buffer.concat(expected));
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('the cursor stays where it is until the reader has written', async () => {
  const fake = fakeOutput(OUTPUT, [bytesOf(OUTPUT.slice(0, 3))]);
  const parts = followOutput({
    connect: async () => fake.client,
    job: 'j0123456789',
    stdout: 'final',
    stderr: 'final',
    order: false,
    pace: true,
    follow: true,
    sleep: contextOf(fakeScreen()).sleep,
    signal: new AbortController().signal,
  });
  await parts.next();
  assert.deepEqual(fake.asked, [undefined]);
  await parts.next();
  assert.deepEqual(fake.asked, [undefined, '3']);
  await parts.return(undefined);
});

test('a control plane that cannot answer says why in its own words', async () => {
  const fake = fakeOutput([END], []);
  const left: unknown[] = Array.from(
    { length: 3 },
    () => new PxError('disk_full', 'Full.', { hint: 'Make room.' }),
  );
  const screen = fakeScreen();
  await watchJob({
    context: contextOf(screen),
    connect: async () => {
      const failure = left.shift();
      if (failure !== undefined) throw failure;
      return fake.client;
    },
    ...{ job: 'j0123456789', stdout: 'final', stderr: 'final', order: false, tag: false },
    ...{ report: true, pace: true, follow: true, signal: new AbortController().signal },
  });
  assert.deepEqual(screen.words, ['Full; trying again.', 'Make room.']);
});

test('a connection that breaks again and again is told as silence', async () => {
  const screen = fakeScreen();
  await watch(OUTPUT, [0, 0, 0], screen);
  assert.deepEqual(screen.words, ['The control plane does not answer; trying again.']);
});

test('what the control plane refuses for good ends the reading', async () => {
  const error = { code: 'output_damaged', message: 'A segment is damaged.', hint: null };
  const recorded: Recorded[] = [chunk(0, 1, 'x'), { header: { t: 'error', error } }];
  const screen = fakeScreen();
  await assert.rejects(watch(recorded, [], screen), { code: 'output_damaged' });
  assert.equal(screen.bytes(1).toString(), 'x');
});

test('a shell that does not find the command is heard once, and so is px', async () => {
  const missing = { outcome: { kind: 'exit', code: 127 } } as const;
  const recorded = Array.from({ length: 20 }, (_, at) => [
    chunk(at, 2, 'px: 1: nosuch: not found\n'),
    committed(at, missing),
  ]).flat();
  const screen = fakeScreen();
  await watch([...recorded, END], [], screen);
  assert.equal(screen.all().match(/not found/g)?.length, 2);
  assert.equal(screen.words.length, 1);
});

test('only the first failures are named', async () => {
  const failed = { outcome: { kind: 'exit', code: 3 } } as const;
  const recorded = Array.from({ length: 20 }, (_, at) => committed(at, failed));
  const screen = fakeScreen();
  await watch([...recorded, END], [], screen);
  assert.deepEqual(screen.words.slice(0, 2), [
    'Partition 0 failed on local-0: exit 3.',
    'Partition 1 failed on local-0: exit 3.',
  ]);
  assert.equal(screen.words.length, 5);
});

test('on a terminal a line without its end is ended before another partition writes', async () => {
  const screen = fakeScreen({ stdout: true, stderr: true });
  await watch([chunk(0, 1, 'a'), chunk(0, 2, 'b'), chunk(1, 1, 'c\n'), END], [], screen);
  assert.equal(screen.all(), 'ab\nc\n');
});

test('tags stand before every line, and hide what would drive a terminal', async () => {
  const recorded = [
    chunk(7, 1, 'red \x1b[31m\x9b31m\r\n\ttab ä\u009b\nend'),
    chunk(8, 1, 'x\n'),
    END,
  ];
  const tty = fakeScreen({ stdout: true });
  await watch(recorded, [], tty, true);
  assert.equal(tty.all(), '7\tred ^[[31m\\xc2\\x9b31m^M\n7\t\ttab ä\\xc2\\x9b\n7\tend\n8\tx\n');
  const pipe = fakeScreen();
  await watch(recorded, [], pipe, true);
  assert.equal(pipe.all(), '7\tred \x1b[31m\x9b31m\r\n7\t\ttab ä\u009b\n7\tend\n8\tx\n');
});
