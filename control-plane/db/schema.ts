import { sql } from 'drizzle-orm';
import {
  blob,
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';
import type { ClusterAccess, ClusterSpec } from '../../protocol/messages/clusters.ts';
import type { JobSpec, Outcome } from '../../protocol/messages/jobs.ts';
import type { ClusterState, JobState, NodeState, PartitionState } from '../../protocol/states.ts';

const bytes = (name: string) => blob(name, { mode: 'buffer' });
const flag = (name: string) => integer(name, { mode: 'boolean' }).notNull();
const count = (name: string) => integer(name).notNull().default(0);
const at = (name: string) => integer(name);

/** Facts of this control plane: `id`, `protocol`. */
export const meta = sqliteTable('meta', {
  key: text('key').primaryKey(),
  value: text('value').notNull(),
});

/** Bearer tokens of users, by SHA-256 of the token. */
export const tokens = sqliteTable('tokens', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  hash: bytes('hash').notNull().unique(),
  createdAt: integer('created_at').notNull(),
});

export const clusters = sqliteTable(
  'clusters',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    state: text('state').$type<ClusterState>().notNull(),
    spec: text('spec', { mode: 'json' }).$type<ClusterSpec>().notNull(),
    /** How the caller of the last `up` reaches its machines; null where it did not say. */
    access: text('access', { mode: 'json' }).$type<ClusterAccess>(),
    createdAt: integer('created_at').notNull(),
    downAt: at('down_at'),
    /** When whoever waited for its `up` had seen that all nodes joined: it stays without that px. */
    finishedAt: at('finished_at'),
    /** Not used; it stays because migrations only add. What idle_timeout counts from is computed. */
    activeAt: integer('active_at')
      .notNull()
      .$defaultFn(() => 0),
  },
  (t) => [index('clusters_name').on(t.name, t.createdAt)],
);

export const nodes = sqliteTable(
  'nodes',
  {
    id: text('id').primaryKey(),
    clusterId: text('cluster_id').notNull(),
    ordinal: integer('ordinal').notNull(),
    name: text('name').notNull(),
    state: text('state').$type<NodeState>().notNull(),
    slots: integer('slots').notNull(),
    cpus: integer('cpus'),
    memoryBytes: integer('memory_bytes'),
    version: text('version'),
    protocol: integer('protocol'),
    /** Grows with every join; an older incarnation's token is gone. */
    incarnation: count('incarnation'),
    tokenHash: bytes('token_hash').unique(),
    joinHash: bytes('join_hash').unique(),
    joinExpiresAt: at('join_expires_at'),
    /** What the provider needs to find the machine again (a pid with its start time, an instance id). */
    /** What the provider meant it to be, written before anything is made (a host, an offer). */
    plan: text('plan', { mode: 'json' }).$type<unknown>(),
    providerRef: text('provider_ref', { mode: 'json' }).$type<unknown>(),
    problem: text('problem'),
    /** Of the error that `problem` is the message of. */
    problemCode: text('problem_code'),
    problemHint: text('problem_hint'),
    createdAt: integer('created_at').notNull(),
    seenAt: at('seen_at'),
    terminatedAt: at('terminated_at'),
  },
  (t) => [index('nodes_cluster').on(t.clusterId, t.ordinal)],
);

/**
 * What machines cost, from each moment on: USD an hour. Rows are only added: one where a price begins or
 * changes, one with zeros where the machine is gone.
 */
export const prices = sqliteTable(
  'prices',
  {
    seq: integer('seq').primaryKey({ autoIncrement: true }),
    clusterId: text('cluster_id').notNull(),
    nodeId: text('node_id').notNull(),
    at: integer('at').notNull(),
    machine: real('machine').notNull(),
    disk: real('disk').notNull(),
    address: real('address').notNull(),
  },
  (t) => [index('prices_cluster').on(t.clusterId, t.seq)],
);

export const jobs = sqliteTable(
  'jobs',
  {
    /** First in, first out. */
    seq: integer('seq').primaryKey({ autoIncrement: true }),
    id: text('id').notNull().unique(),
    clusterId: text('cluster_id').notNull(),
    clusterName: text('cluster_name').notNull(),
    spec: text('spec', { mode: 'json' }).$type<JobSpec>().notNull(),
    state: text('state').$type<JobState>().notNull(),
    idempotencyKey: text('idempotency_key').unique(),
    createdAt: integer('created_at').notNull(),
    startedAt: at('started_at'),
    endedAt: at('ended_at'),
    problemCode: text('problem_code'),
    problemMessage: text('problem_message'),
    /** Times that `retry` reopened it; its environment belongs to one opening. */
    opening: count('opening'),
    /** No new leases: canceled, halted, or failed as a whole; running attempts may still end. */
    closing: flag('closing').default(false),

    // Input: durable bytes, and its end. sealed_* are null until sealed.
    inputLength: count('input_length'),
    sealedLength: integer('sealed_length'),
    sealedSha256: text('sealed_sha256'),

    // The cut: how far it has got. `partitions` is null while the number is unknown.
    partitions: integer('partitions'),
    nextPartition: count('next_partition'),
    nextOffset: count('next_offset'),
    nextLine: count('next_line'),
    /** Every share of the input has its partition row. */
    cutDone: flag('cut_done').default(false),

    // The evaluation of the glob of input `files`, a lease without a partition row. Null where none is held.
    globNode: text('glob_node'),
    globEpoch: text('glob_epoch'),

    // Counters: they change in the transaction that changes what they count.
    pending: count('pending'),
    leased: count('leased'),
    succeeded: count('succeeded'),
    failed: count('failed'),
    canceled: count('canceled'),
    lines: count('lines'),
    linesDone: count('lines_done'),
    linesFailed: count('lines_failed'),
    inputBytesDone: count('input_bytes_done'),
    outputBytes: count('output_bytes'),
    attempts: count('attempts'),
    /** The one exit status that all failures share so far; -1 where they differ; null without failures. */
    failedStatus: integer('failed_status'),

    /** Next cursor of the log (table `log`). */
    nextCursor: integer('next_cursor').notNull().default(1),
    /** Output segment that is written now, and its committed length. */
    segment: count('segment'),
    segmentLength: count('segment_length'),
    collectedFetched: flag('collected_fetched').default(false),
  },
  (t) => [index('jobs_cluster').on(t.clusterId, t.state, t.seq)],
);

/** Environment and secrets of a job, AES-256-GCM; the row goes when the job ends. */
export const jobSecrets = sqliteTable('job_secrets', {
  jobId: text('job_id').primaryKey(),
  sealed: bytes('sealed').notNull(),
});

/** Rows are made at claim, not at submit; a partition without a row is not claimed yet. */
export const partitions = sqliteTable(
  'partitions',
  {
    jobId: text('job_id').notNull(),
    number: integer('number').notNull(),
    /** Not used; it stays because migrations only add. */
    parent: integer('parent'),
    state: text('state').$type<PartitionState>().notNull(),
    /** The current lease's epoch (protocol/epoch.ts), null where none is held. */
    epoch: text('epoch'),
    /** Epoch of the last attempt whose end was recorded: its repeated report is acknowledged again. */
    doneEpoch: text('done_epoch'),
    attempt: count('attempt'),
    /** Where the current or last attempt runs or ran. */
    nodeId: text('node_id'),
    /** Only this node may run it (`everyNode`). */
    pinnedNode: text('pinned_node'),
    /** Runs beside the node's slots. */
    outsideSlots: flag('outside_slots').default(false),
    failures: count('failures'),
    crashes: count('crashes'),
    losses: count('losses'),
    /** Byte range in the job's `input` file, or in its `cut` file for a dealt static cut. */
    source: text('source').$type<'none' | 'input' | 'cut'>().notNull(),
    offset: count('offset'),
    length: count('length'),
    firstLine: count('first_line'),
    lines: count('lines'),
    /** Next expected chunk seq of the current attempt. */
    nextSeq: count('next_seq'),
    outputBytes: count('output_bytes'),
    outcome: text('outcome', { mode: 'json' }).$type<Outcome>(),
    runtimeMs: integer('runtime_ms'),
    cpuMs: integer('cpu_ms'),
    peakRssBytes: integer('peak_rss_bytes'),
    startedAt: at('started_at'),
    hash: text('hash'),
  },
  (t) => [
    primaryKey({ columns: [t.jobId, t.number] }),
    index('partitions_state').on(t.jobId, t.state, t.number),
    index('partitions_live').on(t.nodeId, t.jobId).where(sql`epoch is not null`),
  ],
);

export type LogKind = 'chunk' | 'superseded' | 'committed' | 'job';

/** `data` of a `superseded` row: an attempt that does not count ended. */
export interface SupersededData {
  outcome: Outcome;
  /** Name of the node that ran it. */
  node: string;
}

/**
 * `data` of a `committed` row: a partition is final. A retry of the job turns the rows of the
 * partitions that it reopens into `superseded` ones, so that a partition has one such row at most.
 */
export interface CommittedData {
  outcome: Outcome;
  node: string | null;
  lines: number;
  firstLine: number;
  startedAt: number | null;
  runtimeMs: number;
  inputBytes: number;
  outputBytes: number;
  hash: string | null;
}

/** `data` of a `job` row. */
export interface JobChangeData {
  state: JobState;
  problem: { code: string; message: string } | null;
}

export type LogData = SupersededData | CommittedData | JobChangeData;

/** The one log of a job: chunks and transitions in the order of their commit. Readers follow by cursor. */
export const log = sqliteTable(
  'log',
  {
    jobId: text('job_id').notNull(),
    cursor: integer('cursor').notNull(),
    kind: text('kind').$type<LogKind>().notNull(),
    at: integer('at').notNull(),
    partition: integer('partition'),
    attempt: integer('attempt'),
    /** Of a chunk. */
    seq: integer('seq'),
    stream: integer('stream').$type<1 | 2>(),
    segment: integer('segment'),
    offset: integer('offset'),
    length: integer('length'),
    sha256: bytes('sha256'),
    /** Of a transition: JSON. */
    data: text('data', { mode: 'json' }).$type<LogData>(),
  },
  (t) => [
    primaryKey({ columns: [t.jobId, t.cursor] }),
    index('log_attempt').on(t.jobId, t.partition, t.attempt, t.cursor),
    // What ends attempts, among chunks that are a million times as many: for readers of the final view.
    index('log_transitions').on(t.jobId, t.cursor).where(sql`kind <> 'chunk'`),
    index('log_committed').on(t.jobId, t.partition).where(sql`kind = 'committed'`),
  ],
);

/** Content-addressed files under `blobs/`: bundles' manifests and files, collected files. */
export const blobs = sqliteTable('blobs', {
  sha256: text('sha256').primaryKey(),
  size: integer('size').notNull(),
  usedAt: integer('used_at').notNull(),
});

/** Every version of a collected file that a completion brought. */
export const collected = sqliteTable(
  'collected',
  {
    jobId: text('job_id').notNull(),
    path: bytes('path').notNull(),
    nodeId: text('node_id').notNull(),
    version: integer('version').notNull(),
    mode: integer('mode').notNull(),
    size: integer('size').notNull(),
    sha256: text('sha256'),
    writers: text('writers', { mode: 'json' })
      .$type<{ partition: number; attempt: number }[]>()
      .notNull(),
  },
  (t) => [uniqueIndex('collected_version').on(t.jobId, t.path, t.nodeId, t.version)],
);
