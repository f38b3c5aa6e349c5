import { and, asc, eq, gte, inArray, isNotNull, isNull, or, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { prepared } from '../db/prepared.ts';
import { partitions } from '../db/schema.ts';

export type PartitionRow = typeof partitions.$inferSelect;

const { placeholder } = sql;
const ofJob = eq(partitions.jobId, placeholder('jobId'));
const isOne = and(ofJob, eq(partitions.number, placeholder('number')));
const isPending = eq(partitions.state, sql`'pending'`);

const statements = prepared((db) => {
  const pending = (...conditions: Parameters<typeof and>) =>
    db
      .select()
      .from(partitions)
      .where(and(ofJob, isPending, ...conditions))
      .orderBy(asc(partitions.number))
      .limit(placeholder('limit'))
      .prepare();
  return {
    one: db.select().from(partitions).where(isOne).prepare(),
    expected: db
      .select({
        epoch: partitions.epoch,
        nodeId: partitions.nodeId,
        nextSeq: partitions.nextSeq,
      })
      .from(partitions)
      .where(isOne)
      .prepare(),
    free: pending(isNull(partitions.pinnedNode)),
    hashed: pending(isNotNull(partitions.hash)),
    unhashed: pending(isNull(partitions.hash)),
    pinned: pending(eq(partitions.pinnedNode, placeholder('nodeId'))),
    any: pending(),
    lease: db
      .update(partitions)
      .set({
        state: 'leased',
        epoch: sql`${placeholder('epoch')}`,
        attempt: sql`${partitions.attempt} + 1`,
        nodeId: sql`${placeholder('nodeId')}`,
        nextSeq: 0,
        outputBytes: 0,
        outcome: null,
        startedAt: null,
        runtimeMs: null,
        cpuMs: null,
        peakRssBytes: null,
      })
      .where(isOne)
      .prepare(),
    save: db
      .update(partitions)
      .set({
        state: sql`${placeholder('state')}`,
        epoch: sql`${placeholder('epoch')}`,
        doneEpoch: sql`${placeholder('doneEpoch')}`,
        failures: sql`${placeholder('failures')}`,
        crashes: sql`${placeholder('crashes')}`,
        losses: sql`${placeholder('losses')}`,
        nextSeq: sql`${placeholder('nextSeq')}`,
        outputBytes: sql`${placeholder('outputBytes')}`,
        outcome: sql`${placeholder('outcome')}`,
        runtimeMs: sql`${placeholder('runtimeMs')}`,
        cpuMs: sql`${placeholder('cpuMs')}`,
        peakRssBytes: sql`${placeholder('peakRssBytes')}`,
        startedAt: sql`${placeholder('startedAt')}`,
        hash: sql`${placeholder('hash')}`,
      })
      .where(isOne)
      .prepare(),
  };
});

const inserts = prepared((db) => ({
  insert: db
    .insert(partitions)
    .values({
      jobId: placeholder('jobId'),
      number: placeholder('number'),
      state: placeholder('state'),
      epoch: placeholder('epoch'),
      attempt: placeholder('attempt'),
      nodeId: placeholder('nodeId'),
      pinnedNode: placeholder('pinnedNode'),
      outsideSlots: placeholder('outsideSlots'),
      source: placeholder('source'),
      offset: placeholder('offset'),
      length: placeholder('length'),
      firstLine: placeholder('firstLine'),
      lines: placeholder('lines'),
    })
    .prepare(),
}));

export const findPartition = (db: Db, jobId: string, number: number): PartitionRow | undefined =>
  statements(db).one.get({ jobId, number });

/** Whose report of a partition counts, and the chunk that is expected next. */
export const findExpected = (
  db: Db,
  jobId: string,
  number: number,
): Pick<PartitionRow, 'epoch' | 'nodeId' | 'nextSeq'> | undefined =>
  statements(db).expected.get({ jobId, number });

/** Which pending partitions are asked for. */
type PendingKind =
  /** Any node may run them. */
  | { kind: 'free' }
  /** Of a job that resumes another: what was looked up in its sums. */
  | { kind: 'hashed' }
  /** Of a job that resumes another: not looked up yet. */
  | { kind: 'unhashed' }
  /** Only this node may run them. */
  | { kind: 'pinned'; nodeId: string }
  | { kind: 'any' };

/** Pending partitions that have a row, by number. */
export const listPending = (
  db: Db,
  jobId: string,
  which: PendingKind,
  limit: number,
): PartitionRow[] => statements(db)[which.kind].all({ jobId, limit, ...which });

type Inserted = Pick<
  PartitionRow,
  'jobId' | 'number' | 'state' | 'source' | 'offset' | 'length' | 'firstLine' | 'lines'
> &
  Partial<Pick<PartitionRow, 'epoch' | 'attempt' | 'nodeId' | 'pinnedNode' | 'outsideSlots'>>;

export const insertPartition = (db: Db, row: Inserted): void => {
  inserts(db).insert.run({
    epoch: null,
    attempt: 0,
    nodeId: null,
    pinnedNode: null,
    outsideSlots: false,
    ...row,
  });
};

/** Gives a pending partition to a node, under a fresh epoch and attempt number. */
export const leasePartition = (
  db: Db,
  lease: { jobId: string; number: number; epoch: string; nodeId: string },
): void => {
  statements(db).lease.run(lease);
};

/** Stores what an attempt can change of its partition. */
export const savePartition = (db: Db, row: PartitionRow): void => {
  statements(db).save.run({ ...row, outcome: row.outcome && JSON.stringify(row.outcome) });
};

/** Partitions of a job in one of the states, after a number, in order. */
export const listPartitionsInStates = (
  db: Db,
  jobId: string,
  states: readonly PartitionRow['state'][],
  after: number,
  limit: number,
): PartitionRow[] =>
  db
    .select()
    .from(partitions)
    .where(
      and(
        eq(partitions.jobId, jobId),
        inArray(partitions.state, [...states]),
        gte(partitions.number, after + 1),
      ),
    )
    .orderBy(asc(partitions.number))
    .limit(limit)
    .all();

/** Partitions that hold a lease: what a restart begins with. */
export const listLivePartitions = (db: Db): PartitionRow[] =>
  db.select().from(partitions).where(isNotNull(partitions.epoch)).all();

/** Pending partitions of the job become canceled. */
export const cancelPending = (db: Db, jobId: string): number =>
  db
    .update(partitions)
    .set({ state: 'canceled', outcome: { kind: 'canceled' } })
    .where(and(eq(partitions.jobId, jobId), eq(partitions.state, 'pending')))
    .run().changes;

/** Failed and canceled partitions of the job become pending; those pinned to a node only on `nodeIds`. */
export const reopenPartitions = (db: Db, jobId: string, nodeIds: readonly string[]): number =>
  db
    .update(partitions)
    .set({ state: 'pending', failures: 0, crashes: 0, losses: 0, outcome: null, epoch: null })
    .where(
      and(
        eq(partitions.jobId, jobId),
        inArray(partitions.state, ['failed', 'canceled']),
        or(isNull(partitions.pinnedNode), inArray(partitions.pinnedNode, [...nodeIds])),
      ),
    )
    .run().changes;
