import { createHash } from 'node:crypto';
import { PxError } from '../../protocol/errors.ts';
import { isFinal } from '../../protocol/states.ts';
import { fillFrom, readRange } from '../range.ts';
import type { JobRow, Piece } from './inputs.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export const offsetMismatch = (expected: number, got: number): PxError =>
  new PxError('offset_mismatch', `Expected the input to go on at byte ${expected}, got ${got}.`, {
    details: { expected },
  });

const sealed = (job: JobRow): PxError =>
  new PxError('input_sealed', `The input of ${job.id} has ended at byte ${job.sealedLength}.`, {
    hint: 'Submit another job for more input.',
  });

/** Throws where the job takes no input any more, whatever is sent. */
export const refuseEnded = (job: JobRow): void => {
  if (job.spec.input.kind === 'none') {
    throw new PxError('bad_request', `The job ${job.id} takes no input.`);
  }
  if (!isFinal(job.state) && !job.closing) return;
  throw new PxError('input_sealed', `The job ${job.id} takes no more input: it is over.`, {
    hint: `See why with: px job show ${job.id}`,
    details: { state: job.state, problem: job.problemCode },
  });
};

export const refuseWrongHash = (piece: Piece): void => {
  const found = sha256(piece.bytes);
  if (found === piece.sha256) return;
  throw new PxError('hash_mismatch', `Expected bytes with SHA-256 ${piece.sha256}, got ${found}.`);
};

/** Reads what a sender says that it wrote into the file itself. */
export const readWritten = async (
  path: string,
  offset: number,
  space: Uint8Array,
): Promise<void> => {
  try {
    await fillFrom(path, offset, space);
  } catch (cause) {
    const message = `The input's file does not hold ${space.length} bytes at byte ${offset}.`;
    throw new PxError('bad_request', message, { cause });
  }
};

/**
 * Whether these bytes stand there already (a reply was lost). Throws where they can neither be
 * acknowledged again nor appended.
 */
export const isRepeat = async (path: string, job: JobRow, piece: Piece): Promise<boolean> => {
  const end = piece.offset + piece.bytes.length;
  if (end <= job.inputLength && (end > piece.offset || job.sealedLength !== null)) {
    const stored = await readRange(path, piece.offset, piece.bytes.length);
    if (sha256(stored) === piece.sha256) return true;
  }
  if (job.sealedLength !== null) throw sealed(job);
  if (piece.offset !== job.inputLength) throw offsetMismatch(job.inputLength, piece.offset);
  return false;
};

/** Whether the same seal stands already; throws where another one does. */
export const isSealedAlike = (job: JobRow, length: number, hash: string): boolean => {
  if (job.sealedLength === null) return false;
  if (job.sealedLength === length && job.sealedSha256 === hash) return true;
  throw sealed(job);
};
