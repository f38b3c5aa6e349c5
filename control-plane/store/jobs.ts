import { and, asc, desc, eq, gt, inArray, isNotNull, lt, max, ne, sql } from 'drizzle-orm';
import type { PartitionState } from '../../protocol/states.ts';
import { type Db, transact } from '../db/open.ts';
import { prepared } from '../db/prepared.ts';
import { collected, jobSecrets, jobs, log, nodes, partitions } from '../db/schema.ts';
import type { JobRow } from './job-progress.ts';

const { placeholder } = sql;

const statements = prepared((db) => ({
  byKey: db
    .select()
    .from(jobs)
    .where(eq(jobs.idempotencyKey, placeholder('key')))
    .prepare(),
  collectedFiles: db
    .select({ count: sql<number>`count(distinct ${collected.path})` })
    .from(collected)
    .where(eq(collected.jobId, placeholder('id')))
    .prepare(),
}));

/** The job that this idempotency key made. */
export const findJobByKey = (db: Db, key: string): JobRow | undefined =>
  statements(db).byKey.get({ key });

export const insertJob = (db: Db, job: typeof jobs.$inferInsert): void => {
  db.insert(jobs).values(job).run();
};

/** Paths that completions of the job have brought. */
export const countCollectedFiles = (db: Db, id: string): number =>
  statements(db).collectedFiles.get({ id })?.count ?? 0;

/**
 * A page of jobs, newest first.
 *
 * @param before seq of the last job of the page before
 */
export const pageJobs = (
  db: Db,
  page: { cluster: string | undefined; before: number | null; limit: number },
): JobRow[] => {
  const conditions = [
    ...(page.cluster === undefined ? [] : [eq(jobs.clusterName, page.cluster)]),
    ...(page.before === null ? [] : [lt(jobs.seq, page.before)]),
  ];
  return db
    .select()
    .from(jobs)
    .where(and(...conditions))
    .orderBy(desc(jobs.seq))
    .limit(page.limit)
    .all();
};

/** A page of partitions by number, each with the name of its node. */
export const pagePartitions = (
  db: Db,
  jobId: string,
  page: { state: PartitionState | undefined; after: number; limit: number },
) =>
  db
    .select({ row: partitions, nodeName: nodes.name })
    .from(partitions)
    .leftJoin(nodes, eq(nodes.id, partitions.nodeId))
    .where(
      and(
        eq(partitions.jobId, jobId),
        gt(partitions.number, page.after),
        ...(page.state === undefined ? [] : [eq(partitions.state, page.state)]),
      ),
    )
    .orderBy(asc(partitions.number))
    .limit(page.limit)
    .all();

/** A page of transitions, oldest first. */
export const pageTransitions = (db: Db, jobId: string, after: number, limit: number) =>
  db
    .select()
    .from(log)
    .where(and(eq(log.jobId, jobId), gt(log.cursor, after), ne(log.kind, 'chunk')))
    .orderBy(asc(log.cursor))
    .limit(limit)
    .all();

/** Whether a reader follows the job and may slow its claims down. */
export const setAttached = (db: Db, id: string, attached: boolean): void => {
  const spec = sql`json_set(${jobs.spec}, '$.attached', json(${attached ? 'true' : 'false'}))`;
  transact(db, () => db.update(jobs).set({ spec }).where(eq(jobs.id, id)).run());
};

/** A client has brought the collected files home. */
export const setCollectedFetched = (db: Db, id: string): void => {
  transact(db, () => db.update(jobs).set({ collectedFetched: true }).where(eq(jobs.id, id)).run());
};

/** Deletes up to `limit` rows of a job's log, partitions or collected versions; false when none is left. */
export const deleteJobRows = (
  db: Db,
  table: 'log' | 'partitions' | 'collected',
  jobId: string,
  limit: number,
): boolean =>
  db.$client
    .prepare(
      `delete from ${table} where rowid in (select rowid from ${table} where job_id = ? limit ?)`,
    )
    .run(jobId, limit).changes > 0;

/** Deletes a job's own row and its secrets. */
export const deleteJob = (db: Db, id: string): void => {
  db.delete(jobSecrets).where(eq(jobSecrets.jobId, id)).run();
  db.delete(jobs).where(eq(jobs.id, id)).run();
};

/** Finished jobs, oldest end first, with the bytes that they hold. */
export const listFinishedJobs = (db: Db, limit: number) =>
  db
    .select({
      id: jobs.id,
      endedAt: jobs.endedAt,
      bytes: sql<number>`${jobs.inputLength} + ${jobs.outputBytes}`,
      isUncollected: sql<number>`not ${jobs.collectedFetched} and exists (
        select 1 from ${collected} where ${collected.jobId} = ${jobs.id})`.mapWith(Boolean),
    })
    .from(jobs)
    .where(inArray(jobs.state, ['succeeded', 'failed', 'canceled']))
    .orderBy(asc(jobs.endedAt))
    .limit(limit)
    .all();

/** The newest job's place in the queue, 0 without one: whether jobs have come since. */
export const lastJobSeq = (db: Db): number =>
  db
    .select({ seq: max(jobs.seq) })
    .from(jobs)
    .get()?.seq ?? 0;

/** Manifests of every job that is stored. */
export const listAllBundles = (db: Db): string[] =>
  db
    .selectDistinct({ bundle: sql<string | null>`json_extract(${jobs.spec}, '$.bundle')` })
    .from(jobs)
    .all()
    .flatMap(({ bundle }) => bundle ?? []);

/** The jobs of these clusters that ever ran, oldest first. */
export const listCostedJobs = (
  db: Db,
  clusterIds: readonly string[],
): Pick<JobRow, 'id' | 'clusterId' | 'clusterName' | 'startedAt' | 'endedAt'>[] =>
  db
    .select({
      id: jobs.id,
      clusterId: jobs.clusterId,
      clusterName: jobs.clusterName,
      startedAt: jobs.startedAt,
      endedAt: jobs.endedAt,
    })
    .from(jobs)
    .where(and(inArray(jobs.clusterId, [...clusterIds]), isNotNull(jobs.startedAt)))
    .orderBy(asc(jobs.seq))
    .all();
