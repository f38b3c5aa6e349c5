import { eq } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { jobSecrets } from '../db/schema.ts';

/** Stores the sealed environment of a job, in place of an earlier one. */
export const saveSecrets = (db: Db, jobId: string, sealed: Uint8Array): void => {
  const row = { jobId, sealed: Buffer.from(sealed) };
  db.insert(jobSecrets)
    .values(row)
    .onConflictDoUpdate({ target: jobSecrets.jobId, set: { sealed: row.sealed } })
    .run();
};

/** The sealed environment; it is gone once the job has ended. */
export const findSecrets = (db: Db, jobId: string): Buffer | undefined =>
  db.select().from(jobSecrets).where(eq(jobSecrets.jobId, jobId)).get()?.sealed;

export const deleteSecrets = (db: Db, jobId: string): void => {
  db.delete(jobSecrets).where(eq(jobSecrets.jobId, jobId)).run();
};
