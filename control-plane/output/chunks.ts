import { createHash } from 'node:crypto';
import { PxError } from '../../protocol/errors.ts';
import type { Deps } from '../deps.ts';
import type { LogRow } from '../store/readers.ts';

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

/** The bytes of a recorded chunk, checked against its hash. Throws `output_damaged`. */
export const readChunk = async (
  { segments }: Pick<Deps, 'segments'>,
  row: LogRow,
): Promise<Uint8Array> => {
  const { jobId, partition, segment, offset, length, sha256 } = row;
  if (partition === null || segment === null || offset === null || length === null) {
    throw new Error(`A chunk without a place: ${jobId} ${row.cursor}`);
  }
  let bytes: Uint8Array;
  try {
    bytes = await segments.read(jobId, { segment, offset, length });
  } catch (cause) {
    throw outputDamaged(jobId, partition, cause);
  }
  const found = createHash('sha256').update(bytes).digest();
  if (bytes.length !== length || sha256 === null || !found.equals(sha256)) {
    throw outputDamaged(jobId, partition);
  }
  return bytes;
};
