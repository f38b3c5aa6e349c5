import { createHash } from 'node:crypto';
import { PxError } from '../../protocol/errors.ts';
import type { Deps } from '../deps.ts';
import type { LogRow } from '../store/readers.ts';
import type { Place } from './segments.ts';

/** The refusal of output that is not what was recorded. */
const outputDamaged = (jobId: string, partition: number, cause?: unknown): PxError =>
  new PxError(
    'output_damaged',
    `The stored output of partition ${partition} of ${jobId} is damaged.`,
    {
      hint: `Run the job again; the rest can be read with: px job logs ${jobId}`,
      cause,
      details: { partition },
    },
  );

/** The partition that an `output_damaged` names. */
export const damagedPartition = ({ details }: PxError): number =>
  (details as { partition: number }).partition;

/** 16 KiB: smaller chunks are read with what lies behind them, which mostly are the next ones. */
const SMALL_BYTES = 16 << 10;
const AHEAD_BYTES = 64 << 10;

/** Bytes of a job's output that were read last. */
export interface Near {
  segment: number;
  offset: number;
  bytes: Uint8Array;
}

export const nothingNear = (): Near => ({ segment: -1, offset: 0, bytes: new Uint8Array(0) });

type Segments = Pick<Deps, 'segments'>;
type Chunk = Place & { jobId: string; sha256: Buffer | null };

/**
 * Where a chunk stands, for a reader that reads the file itself and looks at the hash; null for a small
 * one, which is no work to send, and for one without a hash.
 */
export const placeOf = ({ segments }: Segments, row: LogRow) => {
  const { jobId, segment, offset, length, sha256 } = row;
  if (segment === null || offset === null || length === null || sha256 === null) return null;
  if (length <= SMALL_BYTES) return null;
  return { path: segments.fileOf(jobId, segment), offset, length, sha256: sha256.toString('hex') };
};

const isWhole = (bytes: Uint8Array, { length, sha256 }: Chunk): boolean =>
  bytes.length === length &&
  sha256 !== null &&
  createHash('sha256').update(bytes).digest().equals(sha256);

/** A small chunk out of what is near; null where it is not there: it may have been written later. */
const readNear = async ({ segments }: Segments, chunk: Chunk, near: Near) => {
  const { jobId, segment, offset, length } = chunk;
  const take = (): Uint8Array | null => {
    const at = near.segment === segment ? offset - near.offset : -1;
    const bytes = at < 0 ? near.bytes.subarray(0, 0) : near.bytes.subarray(at, at + length);
    return isWhole(bytes, chunk) ? bytes : null;
  };
  const known = take();
  if (known !== null) return known;
  const bytes = await segments.read(jobId, { segment, offset, length: AHEAD_BYTES });
  Object.assign(near, { segment, offset, bytes });
  return take();
};

/**
 * The bytes of a recorded chunk, checked against its hash. Throws `output_damaged`.
 *
 * @param near of the same job; what was read last, and is from now on
 */
export const readChunk = async (deps: Segments, row: LogRow, near: Near): Promise<Uint8Array> => {
  const { jobId, partition, segment, offset, length, sha256 } = row;
  if (partition === null || segment === null || offset === null || length === null) {
    throw new Error(`A chunk without a place: ${jobId} ${row.cursor}`);
  }
  const chunk = { jobId, segment, offset, length, sha256 };
  try {
    if (length <= SMALL_BYTES) {
      const bytes = await readNear(deps, chunk, near);
      if (bytes !== null) return bytes;
    } else {
      const bytes = await deps.segments.read(jobId, chunk);
      if (isWhole(bytes, chunk)) return bytes;
    }
  } catch (cause) {
    throw outputDamaged(jobId, partition, cause);
  }
  throw outputDamaged(jobId, partition);
};
