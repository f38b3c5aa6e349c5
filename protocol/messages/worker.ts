import * as z from 'zod';
import { Base64 } from '../bytes.ts';
import { Epoch } from '../epoch.ts';
import { JobId, NodeId, Sha256 } from '../ids.ts';
import { Count } from './common.ts';
import { Command, JobEnv, JobInput, Outcome } from './jobs.ts';
import { Stream } from './output.ts';

/** Trades a single-use join token (the bearer) for the node's own token. */
export const Join = z.strictObject({
  protocol: z.int(),
  version: z.string(),
  cpus: z.int().min(1),
  memoryBytes: Count,
  arch: z.string(),
});
export type Join = z.infer<typeof Join>;

export const JoinReply = z.object({
  node: NodeId,
  name: z.string(),
  /** 256 bits, hex; the control plane keeps only its hash. */
  token: z.string(),
  slots: z.int().min(1),
  incarnation: Count,
  /** Milliseconds of a lease without acknowledgement; the worker fences itself at 5/6 of it. */
  leaseMs: z.int().min(1),
});
export type JoinReply = z.infer<typeof JoinReply>;

/** Names one lease: a report counts if and only if `epoch` equals the partition's current one. */
export const LeaseKey = z.strictObject({ job: JobId, partition: Count, epoch: Epoch });
export type LeaseKey = z.infer<typeof LeaseKey>;

/** Long poll for leases. The same nonce gets the same leases again (a lost reply costs nothing). */
export const Claim = z.strictObject({
  nonce: z.string().min(8).max(64),
  /** Slots with nothing to run: the control plane fills them, with at most a second of work ahead. */
  idle: Count,
  /** Leases that are held and not started. */
  queued: Count,
  waitMs: z.int().min(0).max(60_000),
});
export type Claim = z.infer<typeof Claim>;

/**
 * Header of a frame of the claim's answer, one per lease; the body is the partition's input where
 * `input` is `inline`. `fetch`: GET it by the lease, or read it where `file` says. Args are the lines with their separators;
 * stdin is the share as it stands in the input.
 */
export const Lease = LeaseKey.extend({
  attempt: z.int().min(1),
  input: z.enum(['none', 'inline', 'fetch']),
  bytes: Count,
  /** Where its input stands, for a worker on the control plane's machine; relative to that one's folder. */
  file: z.object({ path: z.string(), offset: Count }).optional(),
  /** Number of the first line in the whole input, from 0; `step` to the next one (static cuts deal). */
  firstLine: Count,
  step: z.int().min(1),
  lines: Count,
  /** Value of PX_PARTITIONS; null while unknown. */
  partitions: Count.nullable(),
  /** `glob`: no partition of the job but the evaluation of its `--files` glob (partition 0, attempt 1). */
  kind: z.enum(['run', 'glob']),
  /** Starts at once, in an extra slot where all are busy: `-p` above the slots, `cluster exec`. */
  beside: z.boolean().default(false),
  /** Times that the job was reopened: what a worker knows of it belongs to one opening. */
  opening: Count,
});
export type Lease = z.infer<typeof Lease>;

/** What a worker must know of a job, once per job and node. */
export const WorkerJob = z.object({
  job: JobId,
  command: Command,
  input: JobInput,
  bundle: Sha256.nullable(),
  workdir: Base64,
  timeoutMs: z.int().nullable(),
  /** Extra attempts after a signal. */
  crashRetries: Count.default(0),
  collect: z.array(z.string()),
  setup: z.string().nullable(),
  everyNode: z.boolean(),
  env: JobEnv,
});
export type WorkerJob = z.infer<typeof WorkerJob>;

/** A collected file of a completion: its content is a blob that was stored before. */
export const CollectedChange = z.strictObject({
  path: Base64,
  mode: z.int(),
  size: Count,
  /** Null: the file was deleted. */
  sha256: Sha256.nullable(),
  /** Grows with every change that this node saw: its newest version counts. */
  version: Count,
  /** Every attempt that was running on the node when it changed. */
  writers: z.array(z.strictObject({ partition: Count, attempt: z.int().min(1) })),
});
export type CollectedChange = z.infer<typeof CollectedChange>;

/** Headers of the frames of a report. Chunks of one lease stand in the order of `seq`, from 0. */
export const ReportFrame = z.discriminatedUnion('t', [
  /** It runs; only where nothing else of it stands in the report. */
  LeaseKey.extend({ t: z.literal('started') }),
  /** Body: at most 1 MiB of output; sha256 is the body's. */
  LeaseKey.extend({ t: z.literal('chunk'), seq: Count, stream: Stream, sha256: Sha256 }),
  /** The attempt is over. `sha256` is that of its chunks' raw hashes, one after the other, in order of seq. */
  LeaseKey.extend({
    t: z.literal('done'),
    chunks: Count,
    bytes: Count,
    sha256: Sha256,
    outcome: Outcome,
    runtimeMs: Count,
    cpuMs: Count.nullable(),
    peakRssBytes: Count.nullable(),
    collected: z.array(CollectedChange),
  }),
  /** Never started and given back: drained, stolen, or the worker is leaving. Counts as nothing. */
  LeaseKey.extend({ t: z.literal('released') }),
  /** The job cannot run on this node at all (setup failed, bundle damaged): the job fails. */
  LeaseKey.extend({ t: z.literal('refused'), code: z.string(), message: z.string() }),
]);
export type ReportFrame = z.infer<typeof ReportFrame>;

/** 1 MiB: the largest chunk, and the length up to which a line is never torn. */
export const CHUNK_MAX_BYTES = 1 << 20;

/** 8 MiB: the most that one report may carry. */
export const REPORT_MAX_BYTES = 8 << 20;

/**
 * The file in a node's own directory through which it reports, where the control plane runs on its
 * machine: a report stands at the file's beginning, and the request says how long it is.
 */
export const REPORT_FILE = 'report';

/**
 * Per lease of a report. `stale`: the epoch is not current, kill the attempt and drop its spool.
 * `gap`: `seq` is what is expected next; a worker that no longer holds it abandons the attempt.
 */
const ReportResult = LeaseKey.extend({
  status: z.enum(['ok', 'stale', 'gap']),
  seq: Count,
});
export const ReportReply = z.object({ results: z.array(ReportResult) });
export type ReportReply = z.infer<typeof ReportReply>;

/** Keeps leases alive; answers those that are not current any more. */
export const Renew = z.strictObject({ leases: z.array(LeaseKey) });
export type Renew = z.infer<typeof Renew>;
export const RenewReply = z.object({ stale: z.array(LeaseKey), leaseMs: z.int() });
export type RenewReply = z.infer<typeof RenewReply>;

/**
 * The control channel: one long poll per worker is always open. The worker says what it holds, the
 * control plane answers as soon as something of it must go. By level, not by edge: a lost reply is
 * answered again.
 */
export const Control = z.strictObject({
  leases: z.array(LeaseKey),
  jobs: z.array(JobId),
  waitMs: z.int().min(0).max(60_000),
});
export type Control = z.infer<typeof Control>;
export const ControlReply = z.object({
  /** Leases to kill at once. */
  revoke: z.array(LeaseKey),
  /**
   * Another node's idle slots would take these, or their job takes no new work: those that have not
   * been started are reported `released`, the others go on.
   */
  release: z.array(LeaseKey).default([]),
  /** Jobs that are over: their directory goes. */
  ended: z.array(JobId),
  /** Take no new leases; finish or release what is held. */
  drain: z.boolean(),
  /** Kill everything and exit. */
  stop: z.boolean(),
});
export type ControlReply = z.infer<typeof ControlReply>;
