import { PxError } from '../../protocol/errors.ts';
import { manifestFiles } from '../blobs/manifests.ts';
import type { Deps } from '../deps.ts';
import { removeJob } from '../jobs/remove.ts';
import { forgetBlob, listStaleBlobs, missingBlobs, touchBlobsOfJobs } from '../store/blobs.ts';
import { lastJobSeq, listAllBundles, listFinishedJobs } from '../store/jobs.ts';
import { sumDataBytes } from '../store/totals.ts';
import { chooseJobs } from './choose.ts';

/** 1 h: what was uploaded or asked about lately belongs to a submit that is on its way. */
const GRACE_MS = 3_600_000;

/** 1 day: no request lives so long. */
const UNFINISHED_MS = 86_400_000;

/** Jobs and blobs that are looked at together. */
const JOBS_AT_ONCE = 1000;
const BLOBS_AT_ONCE = 500;

/** Says of every blob that a stored job needs that it is used now: a bundle at a time. */
const touchReferenced = async (deps: Deps, now: number): Promise<void> => {
  for (const bundle of listAllBundles(deps.db)) {
    try {
      missingBlobs(deps.db, [bundle, ...(await manifestFiles(deps, bundle))], now);
    } catch (cause) {
      // A manifest that cannot be read keeps nothing alive, and must not keep all the others.
      if (!(cause instanceof PxError)) throw cause;
      deps.log.warn('a bundle cannot be read', { bundle, code: cause.code });
    }
  }
  touchBlobsOfJobs(deps.db, now);
};

const collectGarbage = async (deps: Deps, now: number): Promise<void> => {
  const before = now - GRACE_MS;
  if (listStaleBlobs(deps.db, before, 1).length === 0) return;
  const newest = lastJobSeq(deps.db);
  await touchReferenced(deps, now);
  // A job that came since was not asked what it needs: what is left over waits for the next sweep.
  const isCurrent = () => lastJobSeq(deps.db) === newest;
  while (isCurrent()) {
    const stale = listStaleBlobs(deps.db, before, BLOBS_AT_ONCE);
    for (const sha256 of stale) {
      const isUnused = () => isCurrent() && forgetBlob(deps.db, sha256, before);
      await deps.blobs.remove(sha256, isUnused);
    }
    if (stale.length < BLOBS_AT_ONCE) break;
  }
  await deps.blobs.removeUnfinished(now - UNFINISHED_MS);
};

/**
 * Deletes finished jobs past their time or over the quota, and blobs that no job needs. For a loop.
 *
 * @param now milliseconds since 1970
 */
export const sweepRetention = async (deps: Deps, now: number): Promise<void> => {
  const { retainMs, quotaBytes } = deps.settings;
  const jobs = listFinishedJobs(deps.db, JOBS_AT_ONCE);
  const limits = { now, retainMs, quotaBytes, storedBytes: sumDataBytes(deps.db) };
  for (const id of chooseJobs(jobs, limits)) await removeJob(deps, id);
  await collectGarbage(deps, now);
};
