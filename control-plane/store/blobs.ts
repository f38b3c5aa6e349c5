import { and, eq, inArray, lt, or, sql } from 'drizzle-orm';
import { type Db, transact } from '../db/open.ts';
import { prepared } from '../db/prepared.ts';
import { blobs, jobs } from '../db/schema.ts';

const statements = prepared((db) => ({
  put: db
    .insert(blobs)
    .values({
      sha256: sql.placeholder('sha256'),
      size: sql.placeholder('size'),
      usedAt: sql.placeholder('now'),
    })
    .onConflictDoUpdate({ target: blobs.sha256, set: { usedAt: sql`excluded.used_at` } })
    .prepare(),
  touch: db
    .update(blobs)
    .set({ usedAt: sql`${sql.placeholder('now')}` })
    .where(eq(blobs.sha256, sql.placeholder('sha256')))
    .prepare(),
}));

/** Which of the blobs are not stored; those that are count as used now. */
export const missingBlobs = (db: Db, hashes: Iterable<string>, now: number): string[] => {
  const { touch } = statements(db);
  return transact(db, () =>
    [...hashes].filter((sha256) => touch.run({ sha256, now }).changes === 0),
  );
};

/** Records stored blobs by name and size. */
export const recordBlobs = (db: Db, sizes: ReadonlyMap<string, number>, now: number): void => {
  const { put } = statements(db);
  transact(db, () => {
    for (const [sha256, size] of sizes) put.run({ sha256, size, now });
  });
};

/** Blobs that nobody used since, some at a time. */
export const listStaleBlobs = (db: Db, before: number, limit: number): string[] =>
  db
    .select({ sha256: blobs.sha256 })
    .from(blobs)
    .where(lt(blobs.usedAt, before))
    .limit(limit)
    .all()
    .map(({ sha256 }) => sha256);

/** Collected files, and the sums that a `--resume` names, are in use for as long as their jobs are there. */
export const touchBlobsOfJobs = (db: Db, now: number): void => {
  transact(db, () =>
    db
      .update(blobs)
      .set({ usedAt: now })
      .where(
        or(
          inArray(blobs.sha256, sql`(select sha256 from collected)`),
          inArray(blobs.sha256, sql`(select json_extract(spec, '$.resume.done') from jobs)`),
        ),
      )
      .run(),
  );
};

/** Forgets a blob that nobody used since; false where somebody did. */
export const forgetBlob = (db: Db, sha256: string, before: number): boolean =>
  transact(
    db,
    () =>
      db
        .delete(blobs)
        .where(and(eq(blobs.sha256, sha256), lt(blobs.usedAt, before)))
        .run().changes > 0,
  );

/** Bundles of the jobs of a cluster in one of the states. */
export const listBundles = (
  db: Db,
  clusterId: string,
  states: readonly (typeof jobs.$inferSelect)['state'][],
): string[] =>
  db
    .select({ bundle: sql<string | null>`json_extract(${jobs.spec}, '$.bundle')` })
    .from(jobs)
    .where(and(eq(jobs.clusterId, clusterId), inArray(jobs.state, [...states])))
    .all()
    .flatMap(({ bundle }) => bundle ?? []);
