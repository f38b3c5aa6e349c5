import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { prepared } from '../db/prepared.ts';
import { collected, nodes, partitions } from '../db/schema.ts';

type CollectedRow = typeof collected.$inferInsert;

const { placeholder } = sql;

const statements = prepared((db) => ({
  versions: db
    .select({ row: collected, nodeName: nodes.name })
    .from(collected)
    .leftJoin(nodes, eq(nodes.id, collected.nodeId))
    .where(and(eq(collected.jobId, placeholder('jobId')), eq(collected.path, placeholder('path'))))
    .prepare(),
  finalAttempt: db
    .select({ attempt: partitions.attempt })
    .from(partitions)
    .where(
      and(
        eq(partitions.jobId, placeholder('jobId')),
        eq(partitions.number, placeholder('number')),
        inArray(partitions.state, ['succeeded', 'failed', 'canceled']),
      ),
    )
    .prepare(),
}));

/** Records a version of a collected file; one that is known already stays as it is. */
export const insertCollected = (db: Db, row: CollectedRow): void => {
  db.insert(collected).values(row).onConflictDoNothing().run();
};

/** Paths of a job's collected files by their bytes, behind one. */
export const pageCollectedPaths = (
  db: Db,
  jobId: string,
  after: Buffer | null,
  limit: number,
): Buffer[] =>
  db
    .selectDistinct({ path: collected.path })
    .from(collected)
    .where(and(eq(collected.jobId, jobId), ...(after === null ? [] : [gt(collected.path, after)])))
    .orderBy(asc(collected.path))
    .limit(limit)
    .all()
    .map(({ path }) => path);

/** Every version of one path, each with the name of its node. */
export const listVersions = (db: Db, jobId: string, path: Buffer) =>
  statements(db).versions.all({ jobId, path });

/** The attempt that made a partition final. */
export const findFinalAttempt = (db: Db, jobId: string, number: number): number | null =>
  statements(db).finalAttempt.get({ jobId, number })?.attempt ?? null;
