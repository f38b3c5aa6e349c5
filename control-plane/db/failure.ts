import { PxError } from '../../protocol/errors.ts';

const RESTORE =
  'Stop the server, then restore px.db from a backup, or start with an empty one, in PX_HOME (~/.px unless it is set): mv px.db px.db.damaged';

const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';

/**
 * What SQLite says when the disk or the file fails, as the PxError that a user meets; everything
 * else comes back as it is. A failed sync stays a bare error: nobody knows what is durable then.
 */
export const translateFailure = (cause: unknown): unknown => {
  const code = codeOf(cause);
  if (/^SQLITE_(CORRUPT|NOTADB|FORMAT)/.test(code)) {
    return new PxError('database_damaged', 'The database px.db is damaged.', {
      hint: RESTORE,
      cause,
    });
  }
  if (/^SQLITE_(FULL|READONLY|CANTOPEN|IOERR_WRITE|IOERR_TRUNCATE)/.test(code)) {
    return new PxError('disk_full', 'The disk of the control plane is full or read-only.', {
      hint: 'Free some space on the disk of PX_HOME; px goes on by itself.',
      cause,
    });
  }
  return cause;
};
