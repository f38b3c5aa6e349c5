import { PxError } from '../../protocol/errors.ts';
import type { Db } from '../db/open.ts';
import { missingBlobs } from '../store/blobs.ts';
import { insertCollected } from '../store/collected.ts';
import type { JobRow } from '../store/job-progress.ts';
import type { Change } from './change.ts';
import type { Kind } from './report-body.ts';

type Collected = Kind<'done'>['collected'];

/**
 * Throws `blob_missing` (details: {missing}) where the content of a collected file is not stored; what
 * is stored counts as used now.
 */
export const refuseMissing = (db: Db, files: Collected, now: number): void => {
  const hashes = new Set(files.flatMap(({ sha256 }) => sha256 ?? []));
  const missing = hashes.size === 0 ? [] : missingBlobs(db, hashes, now);
  if (missing.length === 0) return;
  throw new PxError('blob_missing', `${missing.length} collected files are not stored.`, {
    hint: 'Upload them, then report again.',
    details: { missing },
  });
};

/**
 * Records the collected files of a completion. In one transaction with a last look at their content:
 * garbage collection takes no blob that was looked at, or that a job names.
 */
export const keepFiles = (
  change: Change,
  job: JobRow,
  nodeId: string,
  done: Kind<'done'>,
): void => {
  refuseMissing(change.deps.db, done.collected, change.at);
  for (const { path, ...file } of done.collected) {
    insertCollected(change.deps.db, {
      ...file,
      jobId: job.id,
      nodeId,
      path: Buffer.from(path, 'base64'),
    });
  }
};
