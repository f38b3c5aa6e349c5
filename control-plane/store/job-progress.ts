import { and, asc, eq, gt, inArray, isNotNull, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { prepared } from '../db/prepared.ts';
import { jobs } from '../db/schema.ts';

export type JobRow = typeof jobs.$inferSelect;

const { placeholder } = sql;
const value = (name: string) => sql`${placeholder(name)}`;

const statements = prepared((db) => ({
  one: db
    .select()
    .from(jobs)
    .where(eq(jobs.id, placeholder('id')))
    .prepare(),
  active: db
    .select()
    .from(jobs)
    .where(
      and(
        eq(jobs.clusterId, placeholder('clusterId')),
        inArray(jobs.state, ['queued', 'running']),
        gt(jobs.seq, placeholder('after')),
      ),
    )
    .orderBy(asc(jobs.seq))
    .limit(placeholder('limit'))
    .prepare(),
  any: db
    .select({ id: jobs.id })
    .from(jobs)
    .where(
      and(eq(jobs.clusterId, placeholder('clusterId')), inArray(jobs.state, ['queued', 'running'])),
    )
    .limit(1)
    .prepare(),
  save: db
    .update(jobs)
    .set({
      state: value('state'),
      startedAt: value('startedAt'),
      endedAt: value('endedAt'),
      problemCode: value('problemCode'),
      problemMessage: value('problemMessage'),
      opening: value('opening'),
      closing: value('closing'),
      inputLength: value('inputLength'),
      partitions: value('partitions'),
      nextPartition: value('nextPartition'),
      nextOffset: value('nextOffset'),
      nextLine: value('nextLine'),
      cutDone: value('cutDone'),
      globNode: value('globNode'),
      globEpoch: value('globEpoch'),
      pending: value('pending'),
      leased: value('leased'),
      succeeded: value('succeeded'),
      failed: value('failed'),
      canceled: value('canceled'),
      lines: value('lines'),
      linesDone: value('linesDone'),
      linesFailed: value('linesFailed'),
      inputBytesDone: value('inputBytesDone'),
      outputBytes: value('outputBytes'),
      attempts: value('attempts'),
      failedStatus: value('failedStatus'),
      nextCursor: value('nextCursor'),
      segment: value('segment'),
      segmentLength: value('segmentLength'),
    })
    .where(eq(jobs.id, placeholder('id')))
    .prepare(),
}));

export const findJobRow = (db: Db, id: string): JobRow | undefined =>
  statements(db).one.get({ id });

/** Jobs of the cluster that are queued or running, first in first, after `seq`. */
export const listActiveJobs = (db: Db, clusterId: string, after: number, limit: number): JobRow[] =>
  statements(db).active.all({ clusterId, after, limit });

/** Whether a job of the cluster is queued or running. */
export const hasActiveJob = (db: Db, clusterId: string): boolean =>
  statements(db).any.get({ clusterId }) !== undefined;

/**
 * Stores the progress of a job: the row must have been read in the same transaction, since its
 * counters are written as they stand in it.
 */
export const saveJob = (db: Db, { spec: _spec, ...job }: JobRow): void => {
  statements(db).save.run({
    ...job,
    opening: job.opening,
    closing: job.closing ? 1 : 0,
    cutDone: job.cutDone ? 1 : 0,
  });
};

/** The job runs on another cluster from now on. */
export const moveJob = (db: Db, id: string, clusterId: string): void => {
  db.update(jobs).set({ clusterId }).where(eq(jobs.id, id)).run();
};

/** Jobs whose glob is being evaluated. */
export const listGlobLeases = (db: Db) =>
  db
    .select({ id: jobs.id, globEpoch: jobs.globEpoch, globNode: jobs.globNode })
    .from(jobs)
    .where(and(inArray(jobs.state, ['queued', 'running']), isNotNull(jobs.globEpoch)))
    .all();
