import { createHash, type Hash, hash } from 'node:crypto';
import { concat, utf8 } from '../../protocol/bytes.ts';
import type { Command } from '../../protocol/messages/jobs.ts';
import type { Deps } from '../deps.ts';
import type { Share } from '../input/inputs.ts';

const BETWEEN = new Uint8Array(1);

const PREFIXES = new WeakMap<Command, Uint8Array>();

/** Made once for all partitions of an answer. */
const prefixOf = (command: Command): Uint8Array => {
  const known = PREFIXES.get(command);
  if (known !== undefined) return known;
  const prefix = concat([utf8(JSON.stringify(command)), BETWEEN]);
  PREFIXES.set(command, prefix);
  return prefix;
};

const begin = (command: Command): Hash => createHash('sha256').update(prefixOf(command));

/**
 * SHA-256 over the command as JSON, a zero byte, and the partition's input: what the joblog shows and
 * `--resume` matches by. Without input the partition's number stands in its place, since
 * PX_PARTITION alone tells the processes apart.
 */
export const hashOf = (command: Command, number: number, input: Uint8Array | null): string =>
  hash('sha256', concat([prefixOf(command), input ?? utf8(String(number))]));

/** A share that is hashed while it passes; `end` gives the sum. */
export const hashWhile = (
  command: Command,
  onEnd: (hash: string) => void,
): TransformStream<Uint8Array, Uint8Array> => {
  const sum = begin(command);
  return new TransformStream({
    transform: (piece, controller) => {
      sum.update(piece);
      controller.enqueue(piece);
    },
    flush: () => onEnd(sum.digest('hex')),
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
  const sum = begin(job.command);
  await deps.inputs.passOver(job.id, share, (piece) => sum.update(piece));
  return sum.digest('hex');
};
