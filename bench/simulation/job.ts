import { createHash } from 'node:crypto';
import { toBase64 } from '../../protocol/bytes.ts';
import type { Client } from '../../protocol/client.ts';
import { INPUT_APPEND_MAX_BYTES } from '../../protocol/messages/jobs.ts';
import { CLUSTER } from './control-plane.ts';

/** The numbers from 0, one a line. */
const linesOf = (count: number): Buffer => {
  let text = '';
  for (let line = 0; line < count; line++) text += `${line}\n`;
  return Buffer.from(text);
};

/** Submits a job with one partition a line, all of its input durable when this resolves. */
export const submit = async (user: Client, partitions: number): Promise<string> => {
  const command = { kind: 'argv' as const, words: [toBase64(Buffer.from('true'))] };
  const spec = {
    command,
    input: { kind: 'args' as const, separator: '\n' as const, template: null },
    cut: { mode: 'batch' as const, size: 1 },
  };
  const { id } = await user.call('jobSubmit', { json: { cluster: CLUSTER, spec } });
  const input = linesOf(partitions);
  for (let offset = 0; offset < input.length; offset += INPUT_APPEND_MAX_BYTES) {
    const piece = new Uint8Array(input.subarray(offset, offset + INPUT_APPEND_MAX_BYTES));
    const sha256 = createHash('sha256').update(piece).digest('hex');
    await user.call('inputAppend', { params: { id }, query: { offset, sha256 }, bytes: piece });
  }
  const sha256 = createHash('sha256').update(input).digest('hex');
  await user.call('inputSeal', { params: { id }, json: { length: input.length, sha256 } });
  return id;
};
