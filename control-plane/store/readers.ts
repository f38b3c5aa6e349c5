import { and, asc, eq, gt, gte, inArray, lte, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { prepared } from '../db/prepared.ts';
import { log, partitions } from '../db/schema.ts';

export type LogRow = typeof log.$inferSelect;

const { placeholder } = sql;
const ofJob = eq(log.jobId, placeholder('jobId'));
const behind = gt(log.cursor, placeholder('after'));

/** In the words of the index `log_transitions`, or it would not be used. */
const isTransition = sql`${log.kind} <> 'chunk'`;

const statements = prepared((db) => {
  const rows = (...conditions: Parameters<typeof and>) =>
    db
      .select()
      .from(log)
      .where(and(ofJob, behind, ...conditions))
      .orderBy(asc(log.cursor))
      .limit(placeholder('limit'))
      .prepare();
  const isAttempt = and(
    eq(log.partition, placeholder('partition')),
    eq(log.attempt, placeholder('attempt')),
  );
  return {
    all: rows(),
    one: rows(eq(log.partition, placeholder('partition'))),
    transitions: rows(isTransition, inArray(log.kind, ['superseded', 'committed'])),
    transitionsOfOne: rows(
      isTransition,
      inArray(log.kind, ['superseded', 'committed']),
      eq(log.partition, placeholder('partition')),
    ),
    chunks: rows(isAttempt, eq(log.kind, sql`'chunk'`)),
    chunksUntil: rows(lte(log.cursor, placeholder('until')), eq(log.kind, sql`'chunk'`)),
    committed: db
      .select()
      .from(log)
      .where(
        and(ofJob, eq(log.partition, placeholder('partition')), eq(log.kind, sql`'committed'`)),
      )
      .limit(1)
      .prepare(),
    next: db
      .select({ number: partitions.number, state: partitions.state })
      .from(partitions)
      .where(
        and(
          eq(partitions.jobId, placeholder('jobId')),
          gte(partitions.number, placeholder('number')),
        ),
      )
      .orderBy(asc(partitions.number))
      .limit(1)
      .prepare(),
  };
});

interface LogPage {
  jobId: string;
  /** Cursor of the last row of the page before. */
  after: number;
  limit: number;
  /** Only rows of this partition; null = of all. */
  partition: number | null;
  /** With the chunks, or only what ends attempts. */
  chunks: boolean;
}

/** A page of the log that readers see, in its order. */
export const pageLog = (db: Db, { partition, chunks, ...page }: LogPage): LogRow[] => {
  const { all, one, transitions, transitionsOfOne } = statements(db);
  if (partition === null) return (chunks ? all : transitions).all({ ...page });
  return (chunks ? one : transitionsOfOne).all({ ...page, partition });
};

/** A page of the chunks of one attempt, in order of seq. */
export const pageChunks = (
  db: Db,
  page: { jobId: string; partition: number; attempt: number; after: number; limit: number },
): LogRow[] => statements(db).chunks.all(page);

/** The first chunks of a job in a part of its log, whatever they are of. */
export const listChunksUntil = (
  db: Db,
  part: { jobId: string; after: number; until: number; limit: number },
): LogRow[] => statements(db).chunksUntil.all(part);

/** The row that says that the partition is final, if it is. */
export const findCommitted = (db: Db, jobId: string, partition: number): LogRow | undefined =>
  statements(db).committed.get({ jobId, partition });

/** The first partition from a number on that has a row. */
export const nextPartition = (db: Db, jobId: string, number: number) =>
  statements(db).next.get({ jobId, number });

/** Rows that are looked at at most: by then a reader is far behind, however small they are. */
const SUM_ROWS = 10_000;

/** Bytes of partitions that ended behind a cursor: what a reader still has to take. */
export const sumCommittedBytes = (db: Db, jobId: string, after: number): number => {
  const ended = db
    .select({ bytes: sql<number>`json_extract(${log.data}, '$.outputBytes')`.as('bytes') })
    .from(log)
    .where(
      and(eq(log.jobId, jobId), isTransition, eq(log.kind, 'committed'), gt(log.cursor, after)),
    )
    .orderBy(asc(log.cursor))
    .limit(SUM_ROWS)
    .as('ended');
  return sumOf(
    db
      .select({ sum: sql<number | null>`sum(${ended.bytes})` })
      .from(ended)
      .get(),
  );
};

/** Bytes of partitions that ended, from a number on. */
export const sumBytesFrom = (db: Db, jobId: string, number: number): number => {
  const ended = db
    .select({ bytes: partitions.outputBytes })
    .from(partitions)
    .where(
      and(
        eq(partitions.jobId, jobId),
        gte(partitions.number, number),
        inArray(partitions.state, ['succeeded', 'failed', 'canceled']),
      ),
    )
    .limit(SUM_ROWS)
    .as('ended');
  return sumOf(
    db
      .select({ sum: sql<number | null>`sum(${ended.bytes})` })
      .from(ended)
      .get(),
  );
};

const sumOf = (row: { sum: number | null } | undefined): number => row?.sum ?? 0;

/** Bytes of chunks behind a cursor; transitions, which have none, count as rows. */
export const sumChunkBytes = (db: Db, jobId: string, after: number): number => {
  const behindIt = db
    .select({ length: log.length })
    .from(log)
    .where(and(eq(log.jobId, jobId), gt(log.cursor, after)))
    .orderBy(asc(log.cursor))
    .limit(SUM_ROWS)
    .as('behind_it');
  return sumOf(
    db
      .select({ sum: sql<number | null>`sum(${behindIt.length})` })
      .from(behindIt)
      .get(),
  );
};
