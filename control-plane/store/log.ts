import { and, asc, eq, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { prepared } from '../db/prepared.ts';
import { type LogData, type LogKind, log } from '../db/schema.ts';

const { placeholder } = sql;

const statements = prepared((db) => ({
  chunk: db
    .insert(log)
    .values({
      jobId: placeholder('jobId'),
      cursor: placeholder('cursor'),
      kind: 'chunk',
      at: placeholder('at'),
      partition: placeholder('partition'),
      attempt: placeholder('attempt'),
      seq: placeholder('seq'),
      stream: placeholder('stream'),
      segment: placeholder('segment'),
      offset: placeholder('offset'),
      length: placeholder('length'),
      sha256: placeholder('sha256'),
    })
    .prepare(),
  transition: db
    .insert(log)
    .values({
      jobId: placeholder('jobId'),
      cursor: placeholder('cursor'),
      kind: placeholder('kind'),
      at: placeholder('at'),
      partition: placeholder('partition'),
      attempt: placeholder('attempt'),
      data: placeholder('data'),
    })
    .prepare(),
  hashes: db
    .select({ sha256: log.sha256 })
    .from(log)
    .where(
      and(
        eq(log.jobId, placeholder('jobId')),
        eq(log.partition, placeholder('partition')),
        eq(log.attempt, placeholder('attempt')),
        eq(log.kind, sql`'chunk'`),
      ),
    )
    .orderBy(asc(log.cursor))
    .prepare(),
}));

interface ChunkEntry {
  jobId: string;
  cursor: number;
  at: number;
  partition: number;
  attempt: number;
  seq: number;
  stream: 1 | 2;
  segment: number;
  offset: number;
  length: number;
  sha256: Buffer;
}

/** Records a chunk of output that is durable. */
export const appendChunk = (db: Db, entry: ChunkEntry): void => {
  statements(db).chunk.run({ ...entry });
};

interface TransitionEntry {
  jobId: string;
  cursor: number;
  kind: Exclude<LogKind, 'chunk'>;
  at: number;
  partition: number | null;
  attempt: number | null;
  data: LogData;
}

/** Records a transition of a partition or of the job. */
export const appendTransition = (db: Db, entry: TransitionEntry): void => {
  statements(db).transition.run({ ...entry });
};

/** SHA-256 of the recorded chunks of an attempt, in order of seq. */
export const listChunkHashes = (
  db: Db,
  jobId: string,
  partition: number,
  attempt: number,
): Buffer[] =>
  statements(db)
    .hashes.all({ jobId, partition, attempt })
    .map(({ sha256 }) => sha256 ?? Buffer.alloc(0));

/** Ends of partitions that run again: their rows tell so to whoever reads the log from its start. */
export const supersedeCommitted = (db: Db, jobId: string): void => {
  db.run(sql`
    update log set kind = 'superseded'
    where job_id = ${jobId} and kind = 'committed' and partition in (
      select number from partitions where job_id = ${jobId} and state = 'pending'
    )`);
};
