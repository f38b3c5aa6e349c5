import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { followOutput } from '../../../cli/run/follow.ts';
import type { CallOptions, CallReply, Client } from '../../../protocol/client.ts';
import { encodeFrame } from '../../../protocol/frames.ts';
import type { RouteName } from '../../../protocol/routes.ts';
import { jobView } from '../../helpers/job-view.ts';

const JOB = 'j0123456789';
const PATH = `jobs/${JOB}/out/0`;
const CHUNKS = ['the first chunk\n', 'the second\n', 'and the last\n'];

/** A control plane with its chunks in one file, which it reads itself for whoever wants bytes. */
const startRecorded = (t: { after(work: () => void): void }) => {
  const home = mkdtempSync(join(tmpdir(), 'px-recorded-'));
  t.after(() => rmSync(home, { recursive: true }));
  mkdirSync(join(home, 'jobs', JOB, 'out'), { recursive: true });
  const write = (text: string): void => writeFileSync(join(home, PATH), text);
  write(CHUNKS.join(''));
  const asked: string[] = [];
  const frameOf = (index: number, byFile: boolean): Uint8Array => {
    const text = CHUNKS[index] ?? '';
    const offset = CHUNKS.slice(0, index).join('').length;
    const sha256 = createHash('sha256').update(text).digest('hex');
    const chunk = { t: 'chunk', cursor: `${index + 1}`, partition: 0, attempt: 1, stream: 1 };
    const file = { path: PATH, offset, length: text.length, sha256 };
    return byFile ? encodeFrame({ ...chunk, file }) : encodeFrame(chunk, Buffer.from(text));
  };
  const call = async <N extends RouteName>(_: N, options?: CallOptions<N>) => {
    const { cursor, files } = options?.query ?? {};
    asked.push(`${files === true ? 'files' : 'bytes'} from ${String(cursor ?? 0)}`);
    const rest = CHUNKS.map((_text, index) => index).slice(Number(cursor ?? 0));
    const frames = rest.map((index) => frameOf(index, files === true));
    const end = encodeFrame({ t: 'end', cursor: '4', job: jobView() });
    return new Response(Buffer.concat([...frames, end])) as CallReply<N>;
  };
  const client: Client = { call };
  const read = async (files: string | null): Promise<string> => {
    let text = '';
    const parts = followOutput({
      ...{ connect: async () => client, job: JOB, stdout: 'final', stderr: 'final', files },
      ...{ order: false, pace: true, follow: true, signal: new AbortController().signal },
      sleep: (ms, signal) =>
        ms > 10_000
          ? new Promise((resolve) => signal?.addEventListener('abort', () => resolve()))
          : Promise.resolve(),
    });
    for await (const batch of parts) for (const { body } of batch) text += Buffer.from(body);
    return text;
  };
  return { home, write, asked, read };
};

test('chunks are read out of the files of a control plane on this machine', async (t) => {
  const { home, asked, read } = startRecorded(t);
  assert.equal(await read(home), CHUNKS.join(''));
  assert.equal(await read(null), CHUNKS.join(''));
  assert.deepEqual(asked, ['files from 0', 'bytes from 0']);
});

test('what is damaged or cut short in a file is left to the control plane from there on', async (t) => {
  const { home, write, asked, read } = startRecorded(t);
  write(CHUNKS.join('').replace('second', 'SECOND'));
  assert.equal(await read(home), CHUNKS.join(''));
  write(CHUNKS.join('').slice(0, -1));
  assert.equal(await read(home), CHUNKS.join(''));
  assert.equal(await read('/nonexistent'), CHUNKS.join(''));
  assert.deepEqual(asked, [
    ...['files from 0', 'bytes from 1'],
    ...['files from 0', 'bytes from 2'],
    ...['files from 0', 'bytes from 0'],
  ]);
});
