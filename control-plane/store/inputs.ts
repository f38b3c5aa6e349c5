import { and, eq, gt, inArray, ne, sql } from 'drizzle-orm';
import { type Db, transact } from '../db/open.ts';
import { prepared } from '../db/prepared.ts';
import { jobs, nodes, partitions } from '../db/schema.ts';

type JobRow = typeof jobs.$inferSelect;

const statements = prepared((db) => ({
  one: db
    .select()
    .from(jobs)
    .where(eq(jobs.id, sql.placeholder('id')))
    .prepare(),
  share: db
    .select({ end: sql<number>`${partitions.offset} + ${partitions.length}` })
    .from(partitions)
    .where(
      and(
        eq(partitions.jobId, sql.placeholder('jobId')),
        eq(partitions.number, sql.placeholder('number')),
        eq(partitions.offset, sql.placeholder('offset')),
        eq(partitions.source, 'input'),
      ),
    )
    .prepare(),
  slots: db
    .select({ slots: sql<number | null>`sum(${nodes.slots})` })
    .from(nodes)
    .where(
      and(
        eq(nodes.clusterId, sql.placeholder('clusterId')),
        inArray(nodes.state, ['provisioning', 'ready']),
      ),
    )
    .prepare(),
  /** Jobs whose input has not ended or has shares without a partition row. */
  open: db
    .select()
    .from(jobs)
    .where(
      and(
        inArray(jobs.state, ['queued', 'running']),
        eq(jobs.cutDone, false),
        eq(jobs.closing, false),
        ne(sql`json_extract(${jobs.spec}, '$.input.kind')`, 'none'),
        gt(jobs.seq, sql.placeholder('after')),
      ),
    )
    .orderBy(jobs.seq)
    .prepare(),
}));

/** The job whose input is asked about. */
export const findInputJob = (db: Db, id: string): JobRow | undefined =>
  statements(db).one.get({ id });

/** Jobs whose input is not sealed, or not cut to its end. */
export const listOpenInputs = (db: Db): JobRow[] => statements(db).open.all({ after: 0 });

/** Slots of the cluster's nodes that are there or coming. */
export const countSlots = (db: Db, clusterId: string): number =>
  statements(db).slots.get({ clusterId })?.slots ?? 0;

/** How many partitions a job had; null where it is gone or was not cut. */
export const findPartitionCount = (db: Db, id: string): number | null =>
  statements(db).one.get({ id })?.partitions ?? null;

/** Where a partition of a job ended in its input; undefined where it has no row, or no such place. */
export const findShareEnd = (db: Db, jobId: string, number: number, offset: number) =>
  statements(db).share.get({ jobId, number, offset })?.end;

/** So many bytes of the input are durable. */
export const setInputLength = (db: Db, id: string, inputLength: number): void => {
  transact(db, () => db.update(jobs).set({ inputLength }).where(eq(jobs.id, id)).run());
};

/** The input ends here. */
export const setSeal = (db: Db, id: string, length: number, sha256: string): void => {
  transact(db, () =>
    db
      .update(jobs)
      .set({ sealedLength: length, sealedSha256: sha256 })
      .where(eq(jobs.id, id))
      .run(),
  );
};

/** What is known of the cut when the input has ended. */
export const setCut = (
  db: Db,
  id: string,
  cut: { partitions: number; lines: number; cutDone: boolean },
): void => {
  transact(db, () => db.update(jobs).set(cut).where(eq(jobs.id, id)).run());
};
