import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Deps } from '../../../control-plane/deps.ts';
import type { Share } from '../../../control-plane/input/inputs.ts';
import { findJobRow } from '../../../control-plane/store/job-progress.ts';
import { insertPartition } from '../../../control-plane/store/partitions.ts';
import type { Cut, JobSpec } from '../../../protocol/messages/jobs.ts';
import { putBlobs } from '../../helpers/blobs.ts';
import { createTestDeps } from '../../helpers/control-plane.ts';
import {
  createCaller,
  type Fed,
  feed,
  sha256,
  submission,
  submitFed,
  takeShares,
} from '../../helpers/jobs.ts';

interface Input {
  lines: Uint8Array[];
  isTerminated: boolean;
  separator: '\n' | '\0';
}

const byteOf = (separator: '\n' | '\0'): number => separator.charCodeAt(0);

const joined = ({ lines, isTerminated, separator }: Input): Buffer => {
  const end = Buffer.from([byteOf(separator)]);
  const parts = lines.flatMap((line, at) =>
    at === lines.length - 1 && !isTerminated && line.length > 0 ? [line] : [line, end],
  );
  return Buffer.concat(parts);
};

/** The lines of bytes by the plainest rule: what ends with a separator, and an unfinished rest. */
const split = (bytes: Uint8Array, separator: number): string[] => {
  const lines: string[] = [];
  let line: number[] = [];
  for (const byte of bytes) {
    if (byte === separator) {
      lines.push(Buffer.from(line).toString('latin1'));
      line = [];
    } else line.push(byte);
  }
  if (line.length > 0) lines.push(Buffer.from(line).toString('latin1'));
  return lines;
};

const chunked = <T>(items: readonly T[], starts: readonly number[]): T[][] =>
  starts.slice(0, -1).map((start, at) => items.slice(start, starts[at + 1]));

/** What each partition must get, for the cuts whose partitions are fixed. */
const expected = (lines: string[], { cut, order, parallel }: Fed, slots: number): string[][] => {
  if (cut.mode === 'batch') {
    const count = Math.ceil(lines.length / cut.size);
    return Array.from({ length: count }, (_, at) =>
      lines.slice(at * cut.size, (at + 1) * cut.size),
    );
  }
  const count = Math.min(parallel ?? slots, lines.length);
  if (order === true) {
    const starts = Array.from({ length: count + 1 }, (_, at) =>
      Math.floor((lines.length * at) / count),
    );
    return chunked(lines, starts);
  }
  return Array.from({ length: count }, (_, partition) =>
    lines.filter((_line, at) => at % count === partition),
  );
};

const cutOf = async (deps: Deps, fed: Fed, whole: Uint8Array, pieceBytes: number) => {
  const { client } = callers.get(deps) ?? makeCaller(deps);
  const id = await submitFed(client, fed);
  await feed(client, id, whole, pieceBytes);
  const shares = await takeShares(deps, id, 3);
  const bytes = await Promise.all(shares.map((share) => deps.inputs.read(id, share)));
  return { id, shares, bytes };
};

const callers = new WeakMap<Deps, ReturnType<typeof createCaller>>();
const makeCaller = (deps: Deps) => {
  const caller = createCaller(deps);
  callers.set(deps, caller);
  return caller;
};

const lineOf = (separator: number, maxLength: number) =>
  fc
    .uint8Array({ maxLength, size: 'max' })
    .map((line) => line.map((byte) => (byte === separator || byte === 0 ? 0x2a : byte)));

/** Many lines, so that the index has several marks: a few lines over and over. */
const manyLines = (separator: number): fc.Arbitrary<Uint8Array[]> =>
  fc
    .record({
      some: fc.array(lineOf(separator, 200), { minLength: 2, maxLength: 9 }),
      times: fc.integer({ min: 200, max: 900 }),
    })
    .map(({ some, times }) => Array.from({ length: times }, () => some).flat());

const anInput = (separator: '\n' | '\0'): fc.Arbitrary<Input> =>
  fc.record({
    lines: fc.oneof(
      { weight: 5, arbitrary: fc.array(lineOf(byteOf(separator), 12), { maxLength: 60 }) },
      { weight: 1, arbitrary: fc.array(lineOf(byteOf(separator), 90_000), { maxLength: 6 }) },
      { weight: 2, arbitrary: manyLines(byteOf(separator)) },
    ),
    isTerminated: fc.boolean(),
    separator: fc.constant(separator),
  });

const aCut: fc.Arbitrary<Cut> = fc.oneof(
  fc.constant<Cut>({ mode: 'static' }),
  fc
    .oneof(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 300, max: 900 }))
    .map((size): Cut => ({ mode: 'batch', size })),
  fc.constant<Cut>({ mode: 'auto' }),
);

const aCase = fc.constantFrom<'\n' | '\0'>('\n', '\0').chain((separator) =>
  fc.record({
    input: anInput(separator),
    kind: separator === '\0' ? fc.constant('args' as const) : fc.constantFrom('args', 'stdin'),
    cut: aCut,
    order: fc.boolean(),
    parallel: fc.option(fc.integer({ min: 1, max: 9 })),
    pieceBytes: fc.integer({ min: 1, max: 70_000 }).map((n) => Math.max(n, 3)),
  }),
);

const checkPlaces = (shares: readonly Share[], order: boolean): void => {
  let line = 0;
  for (const [at, share] of shares.entries()) {
    if (share.source === 'cut') assert.equal(share.firstLine, at);
    else assert.equal(share.firstLine, line);
    line += share.lines;
    if (order) assert.equal(share.source, 'input');
  }
};

describe('the cut', () => {
  test('gives every line once, whole and in its place, in every mode', async (t) => {
    const deps = createTestDeps(t);
    const property = fc.asyncProperty(aCase, async ({ input, pieceBytes, ...rest }) => {
      const fed: Fed = { ...rest, separator: input.separator };
      const whole = joined(input);
      // Small pieces only for small inputs: each append is a sync of the disk.
      const { id, shares, bytes } = await cutOf(
        deps,
        fed,
        whole,
        Math.max(pieceBytes, Math.ceil(whole.length / 4)),
      );
      const separator = byteOf(input.separator);
      const lines = split(whole, separator);
      const got = bytes.map((share) => split(share, separator));
      checkPlaces(shares, fed.order === true || fed.cut.mode !== 'static');
      assert.deepEqual(
        shares.map((share) => share.lines),
        got.map((share) => share.length),
      );
      if (fed.cut.mode === 'auto') {
        assert.deepEqual(Buffer.concat(bytes), whole);
        assert.ok(got.every((share) => share.length > 0));
      } else assert.deepEqual(got, expected(lines, fed, 2));
      const job = findJobRow(deps.db, id);
      assert.equal(job?.cutDone, true);
      assert.equal(job?.partitions, shares.length);
      assert.equal(job?.lines, lines.length);
    });
    await fc.assert(property, { numRuns: 120 });
  });

  test('an empty input is a success with zero partitions, in every mode', async (t) => {
    const deps = createTestDeps(t);
    for (const cut of [{ mode: 'static' }, { mode: 'auto' }, { mode: 'batch', size: 3 }] as const) {
      const { id, shares } = await cutOf(deps, { kind: 'stdin', cut }, Buffer.alloc(0), 10);
      assert.equal(shares.length, 0);
      const { state, partitions } = findJobRow(deps.db, id) ?? {};
      assert.deepEqual({ state, partitions }, { state: 'succeeded', partitions: 0 });
    }
  });
});

describe('the cut of a resumed run', () => {
  for (const mode of ['auto', 'static'] as const) {
    test(`is that of the earlier one, with ${mode} and other slots`, async (t) => {
      const deps = createTestDeps(t);
      const { client } = createCaller(deps);
      const whole = Buffer.from(
        Array.from({ length: 90_000 }, (_, line) => `line ${line}\n`).join(''),
      );
      const input = { kind: 'stdin' } as const;
      const ranges = async (id: string, keep: boolean) => {
        const shares = await takeShares(deps, id, 3);
        for (const [number, share] of shares.entries()) {
          if (keep) insertPartition(deps.db, { ...share, jobId: id, number, state: 'succeeded' });
        }
        return shares;
      };
      const submit = async (over: Partial<JobSpec>) => {
        const json = submission({ input, cut: { mode }, ...over });
        const { id } = await client.call('jobSubmit', { json });
        await feed(client, id, whole, 1 << 20);
        return id;
      };
      const earlier = await submit({ parallel: 5 });
      const first = await ranges(earlier, true);
      const sums = Buffer.alloc(32);
      await putBlobs(client, sums);
      const resume = { job: earlier, done: sha256(sums) };
      assert.deepEqual(await ranges(await submit({ parallel: 2, resume }), false), first);
      assert.notDeepEqual(await ranges(await submit({ parallel: 2 }), false), first);
    });
  }
});
