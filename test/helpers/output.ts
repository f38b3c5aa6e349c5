import { createHash } from 'node:crypto';
import { utf8 } from '../../protocol/bytes.ts';
import type { Client } from '../../protocol/client.ts';
import { FRAMES_TYPE, FrameDecoder } from '../../protocol/frames.ts';
import { OutputFrame } from '../../protocol/messages/output.ts';
import type { LeaseKey } from '../../protocol/messages/worker.ts';
import { keyOf, type Said } from './worker.ts';

/** One frame of an output stream as a reader has it. */
export interface Read {
  header: OutputFrame;
  body: string;
}

type Query = Record<string, string | number>;

/** Frames of a job's output as they come. */
export async function* readFrames(
  client: Client,
  id: string,
  query: Query = {},
  signal?: AbortSignal,
): AsyncGenerator<Read, void, void> {
  const response = await client.call('output', {
    params: { id },
    query,
    headers: { accept: FRAMES_TYPE },
    ...(signal === undefined ? {} : { signal }),
  });
  const decoder = new FrameDecoder();
  for await (const bytes of response.body ?? []) {
    for (const { header, body } of decoder.push(bytes)) {
      yield { header: OutputFrame.parse(header), body: Buffer.from(body).toString('latin1') };
    }
  }
}

/** All frames but those that tell how far the job is. */
export const readOutput = async (
  client: Client,
  id: string,
  query: Query = {},
): Promise<Read[]> => {
  const read: Read[] = [];
  for await (const frame of readFrames(client, id, query)) {
    if (frame.header.t !== 'progress' && frame.header.t !== 'end') read.push(frame);
  }
  return read;
};

/** What the program printed, in the order that a reader gets it. */
export const printed = (frames: readonly Read[]): string =>
  frames.map(({ header, body }) => (header.t === 'chunk' ? body : '')).join('');

/** A chunk of a stream, as a worker reports it. */
export const says = (lease: LeaseKey, seq: number, stream: 1 | 2, text: string): Said => {
  const body = utf8(text);
  const sha256 = createHash('sha256').update(body).digest('hex');
  return [{ t: 'chunk', ...keyOf(lease), seq, stream, sha256 }, body];
};
