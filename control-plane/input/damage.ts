import { PxError } from '../../protocol/errors.ts';

/** What a disk answers where a file of an input is gone, is no file any more, or cannot be read. */
const UNREADABLE = new Set(['ENOENT', 'EIO', 'EISDIR', 'ENOTDIR', 'EACCES', 'EPERM']);

const isUnreadable = (cause: unknown): cause is Error =>
  cause instanceof Error && 'code' in cause && UNREADABLE.has(String(cause.code));

/** The stored input of a job cannot be read back as it was acknowledged. */
export const inputDamaged = (jobId: string, cause: Error): PxError =>
  new PxError(
    'input_damaged',
    `The input of ${jobId} is damaged on the disk of the control plane: ${cause.message}`,
    { hint: 'Submit the job again', cause },
  );

/** A failed read of an input as `input_damaged` where the file is the reason, else as it is. */
export const translateRead = (jobId: string, cause: unknown): unknown => {
  const isShort = cause instanceof PxError && cause.code === 'output_damaged';
  return isShort || isUnreadable(cause) ? inputDamaged(jobId, cause) : cause;
};

/** Whether an error says that a job's input is damaged. */
export const isDamage = (cause: unknown): cause is PxError =>
  cause instanceof PxError && cause.code === 'input_damaged';
