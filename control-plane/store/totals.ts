import { sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { blobs, jobs } from '../db/schema.ts';

/** Bytes of everything that is stored: the database, blobs, and the input and output of jobs. */
export const sumDataBytes = (db: Db): number => {
  const ofBlobs = db
    .select({ bytes: sql<number>`coalesce(sum(${blobs.size}), 0)` })
    .from(blobs)
    .get();
  const ofJobs = db
    .select({ bytes: sql<number>`coalesce(sum(${jobs.inputLength} + ${jobs.outputBytes}), 0)` })
    .from(jobs)
    .get();
  const pages = Number(db.$client.pragma('page_count', { simple: true }));
  const pageBytes = Number(db.$client.pragma('page_size', { simple: true }));
  return pages * pageBytes + (ofBlobs?.bytes ?? 0) + (ofJobs?.bytes ?? 0);
};
