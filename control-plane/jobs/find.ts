import { PxError } from '../../protocol/errors.ts';
import type { Db } from '../db/open.ts';
import { findJobRow, type JobRow } from '../store/job-progress.ts';

/** The job of this id. Throws `job_not_found`. */
export const requireJob = (db: Db, id: string | undefined): JobRow => {
  const job = id === undefined ? undefined : findJobRow(db, id);
  if (job !== undefined) return job;
  throw new PxError('job_not_found', `There is no job ${id}.`, { hint: 'See: px job ls' });
};
