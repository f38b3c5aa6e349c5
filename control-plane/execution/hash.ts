import { createHash, type Hash } from 'node:crypto';
import { utf8 } from '../../protocol/bytes.ts';
import type { Command } from '../../protocol/messages/jobs.ts';
import type { Deps } from '../deps.ts';
import type { Share } from '../input/inputs.ts';

const BETWEEN = new Uint8Array(1);

const begin = (command: Command): Hash =>
  createHash('sha256').update(JSON.stringify(command)).update(BETWEEN);

/**
 * SHA-256 over the command as JSON, a zero byte, and the partition's input: what the joblog shows and
 * `--resume` matches by. Without input the partition's number stands in its place, since
 * PX_PARTITION alone tells the processes apart.
 */
export const hashOf = (command: Command, number: number, input: Uint8Array | null): string =>
  begin(command)
    .update(input ?? utf8(String(number)))
    .digest('hex');

/** A share that is hashed while it passes; `end` gives the sum. */
export const hashWhile = (
  command: Command,
  onEnd: (hash: string) => void,
): TransformStream<Uint8Array, Uint8Array> => {
  const hash = begin(command);
  return new TransformStream({
    transform: (piece, controller) => {
      hash.update(piece);
      controller.enqueue(piece);
    },
    flush: () => onEnd(hash.digest('hex')),
  });
};

/** The same sum of a share of any length, read piece by piece. */
export const hashShare = async (
  deps: Deps,
  job: { id: string; command: Command },
  number: number,
  share: Share,
): Promise<string> => {
  if (share.source === 'none') return hashOf(job.command, number, null);
  const hash = begin(job.command);
  for await (const piece of deps.inputs.stream(job.id, share)) hash.update(piece);
  return hash.digest('hex');
};
