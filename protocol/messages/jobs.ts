import * as z from 'zod';
import { Base64 } from '../bytes.ts';
import { ClusterName, JobId, NodeId, Sha256 } from '../ids.ts';
import { JobState, PartitionState } from '../states.ts';
import { Count, queryInt, Timestamp } from './common.ts';

/** What runs: one shell string, or the words of an argv that stood behind `--`. Bytes in base64. */
export const Command = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('shell'), source: Base64 }),
  z.strictObject({ kind: z.literal('argv'), words: z.array(Base64).min(1) }),
]);
export type Command = z.infer<typeof Command>;

/**
 * How the input reaches a process. `args` and `files`: lines as arguments, or one invocation a line
 * where `template` is set to the mark that stands for the line. `files`: a node evaluates the glob
 * and sends the names as the (NUL-separated) input.
 */
export const JobInput = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({
    kind: z.literal('args'),
    separator: z.enum(['\n', '\0']),
    template: z.string().min(1).nullable(),
  }),
  z.strictObject({ kind: z.literal('stdin') }),
  z.strictObject({
    kind: z.literal('files'),
    glob: Base64,
    template: z.string().min(1).nullable(),
  }),
]);
export type JobInput = z.infer<typeof JobInput>;

/**
 * The cut. `static`: P = min(parallel, lines) partitions, line i to partition i mod P, fixed when the
 * input is sealed (with `order`: consecutive blocks). `batch`: every `size` consecutive lines.
 * `auto`: consecutive blocks, dealt to slots as they come. Input `none`: static, `parallel` partitions.
 */
export const Cut = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('static') }),
  z.strictObject({ mode: z.literal('batch'), size: z.int().min(1) }),
  z.strictObject({ mode: z.literal('auto') }),
]);
export type Cut = z.infer<typeof Cut>;

/** When the rest is called off. `fail` is a number of failed partitions, or a percentage of all. */
export const HaltRule = z.strictObject({
  when: z.enum(['never', 'soon', 'now']),
  fail: z.union([
    z.strictObject({ count: z.int().min(1) }),
    z.strictObject({ percent: z.number().min(0).max(100) }),
  ]),
});
export type HaltRule = z.infer<typeof HaltRule>;

/** Limits of a job's attempts. Times in milliseconds, null = none. */
export const Limits = z.strictObject({
  retries: z.int().min(0).default(0),
  crashRetries: z.int().min(0).default(2),
  timeoutMs: z.int().min(1).nullable().default(null),
  halt: HaltRule.default({ when: 'never', fail: { count: 1 } }),
});
export type Limits = z.infer<typeof Limits>;

/** Environment of the processes; stored only sealed, erased when the job ends. */
export const JobEnv = z.strictObject({
  /** The submitter's whole environment (cluster `local` only), then px.yaml's `env` and `--env`. */
  env: z.record(z.string(), z.string()).default({}),
  /** Values of the names under `secrets:`; never logged. */
  secrets: z.record(z.string(), z.string()).default({}),
});
export type JobEnv = z.infer<typeof JobEnv>;

/** 200 characters fit on two lines of a terminal. */
export const JOB_NAME_MAX_CHARS = 200;

/** Everything about a job but its environment and its input's bytes. Only `command` must be there. */
export const JobSpec = z.strictObject({
  name: z.string().max(JOB_NAME_MAX_CHARS).nullable().default(null),
  command: Command,
  /** SHA-256 of the bundle's manifest, which is a blob; null runs in an empty directory. */
  bundle: Sha256.nullable().default(null),
  /** Where in the bundle processes start: a relative path, bytes; empty = its root. */
  workdir: Base64.default(''),
  input: JobInput.default({ kind: 'none' }),
  cut: Cut.default({ mode: 'static' }),
  /** Output in input order; a static cut is then made of consecutive blocks. */
  order: z.boolean().default(false),
  /** Processes at a time over the whole cluster; null = its slots. */
  parallel: z.int().min(1).max(100_000).nullable().default(null),
  limits: Limits.prefault({}),
  collect: z.array(z.string()).default([]),
  /** Shell text run once per node, in a fresh copy of the bundle. */
  setup: z.string().nullable().default(null),
  /** Runs once on every node, beside the slots, whatever else runs (`px cluster exec`). */
  everyNode: z.boolean().default(false),
  /** A reader follows the output and may slow claims down; false for `--detach`. */
  attached: z.boolean().default(false),
  /**
   * Names of the variables that were given for this job alone (`--env`), and of its secrets. Their values
   * are erased when it ends; by the names `retry` knows what to ask its caller for.
   */
  envNames: z.array(z.string()).default([]),
  secretNames: z.array(z.string()).default([]),
  /** `--resume`: partitions whose hash stands in `done` are not run; the cut is that of `job`. */
  resume: z
    .strictObject({
      job: JobId.nullable(),
      /** Blob of concatenated 32-byte SHA-256 sums. */
      done: Sha256,
    })
    .nullable()
    .default(null),
});
export type JobSpec = z.infer<typeof JobSpec>;

/** `POST /v1/jobs`. The header `idempotency-key` makes a repeated submit answer the first one's job. */
export const JobSubmit = z.strictObject({
  cluster: ClusterName,
  spec: JobSpec,
  env: JobEnv.prefault({}),
});
export type JobSubmit = z.infer<typeof JobSubmit>;

/** How an attempt ended. `oom`: killed by the kernel for memory. `spawn`: it could not be started. */
export const Outcome = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('exit'), code: z.int().min(0).max(255) }),
  z.strictObject({ kind: z.literal('signal'), signal: z.int().min(1).max(64) }),
  z.strictObject({ kind: z.literal('timeout') }),
  z.strictObject({ kind: z.literal('oom') }),
  z.strictObject({ kind: z.literal('spawn'), message: z.string() }),
  z.strictObject({
    kind: z.literal('node_lost'),
    /** Of an attempt that counts as nothing: nothing was lost, its node gave it back or went as planned. */
    why: z.enum(['given_back', 'max_lifetime', 'taken_back']).optional(),
  }),
  z.strictObject({ kind: z.literal('canceled') }),
  /** Not run: `--resume` found it done. */
  z.strictObject({ kind: z.literal('resumed') }),
]);
export type Outcome = z.infer<typeof Outcome>;

/** The numbers that change in the transaction that changes what they count. */
const JobCounters = z.object({
  /** Partitions; null while unknown (auto, or an input not yet sealed). */
  partitions: Count.nullable(),
  leased: Count,
  succeeded: Count,
  failed: Count,
  canceled: Count,
  /** Input lines of the job so far, and those of succeeded partitions. */
  lines: Count,
  linesDone: Count,
  inputBytes: Count,
  inputBytesDone: Count,
  outputBytes: Count,
  attempts: Count,
  /** Input lines of failed partitions. */
  linesFailed: Count,
});

/** A job as the API shows it. */
export const JobView = z.object({
  id: JobId,
  name: z.string().nullable(),
  cluster: ClusterName,
  state: JobState,
  /** The command for people to read; not to be run again. */
  command: z.string(),
  spec: JobSpec,
  counters: JobCounters,
  inputSealed: z.boolean(),
  /** Exit status by the contract once final: 0, the one that all failures share, 1, 125 …; else null. */
  exit: z.int().nullable(),
  /** Why it failed as a whole (`setup_failed`, `input_incomplete`, `canceled` …). */
  problem: z.object({ code: z.string(), message: z.string() }).nullable(),
  createdAt: Timestamp,
  startedAt: Timestamp.nullable(),
  endedAt: Timestamp.nullable(),
  /** Collected files that came in, and whether a client has fetched them. */
  collectedFiles: Count,
  collectedFetched: z.boolean(),
  costUsd: z.number(),
});
export type JobView = z.infer<typeof JobView>;

/** A partition as the API shows it. */
export const PartitionView = z.object({
  number: Count,
  /** The partition that it was split from; none is split yet. */
  parent: Count.nullable(),
  state: PartitionState,
  attempt: Count,
  node: NodeId.nullable(),
  nodeName: z.string().nullable(),
  outcome: Outcome.nullable(),
  /** Lines first+1 … first+lines of the input (a static cut deals them out: then first is the number). */
  firstLine: Count,
  lines: Count,
  bytes: Count,
  startedAt: Timestamp.nullable(),
  runtimeMs: Count.nullable(),
  cpuMs: Count.nullable(),
  peakRssBytes: Count.nullable(),
  /** SHA-256 over command and this partition's input, as in the joblog. */
  hash: Sha256.nullable(),
});
export type PartitionView = z.infer<typeof PartitionView>;

/** `retry` and everything else that needs an environment again takes it from the caller. */
export const JobRetry = z.strictObject({ env: JobEnv, attached: z.boolean() });

/** The end of the input: its whole length in bytes and its SHA-256. */
export const InputSeal = z.strictObject({ length: Count, sha256: Sha256 });
export type InputSeal = z.infer<typeof InputSeal>;

/** How much of the input is durable. */
export const InputStatus = z.object({
  length: Count,
  sealed: z.boolean(),
  /**
   * The input's file, relative to the control plane's folder. A sender on its machine may write a piece
   * there, at its offset, and append it by its length.
   */
  file: z.string().optional(),
});
export type InputStatus = z.infer<typeof InputStatus>;

/** Where appended bytes belong, and what they are. */
export const InputPlace = z.object({ offset: queryInt, sha256: z.string() });

/** 4 MiB: the most that one append may carry, so that no request lives long or holds much memory. */
export const INPUT_APPEND_MAX_BYTES = 4 << 20;

/** A recorded transition of a job. */
export const EventView = z.object({
  cursor: Count,
  kind: z.string(),
  at: Timestamp,
  partition: Count.nullable(),
  attempt: Count.nullable(),
  node: z.string().nullable(),
  data: z.unknown(),
});
export type EventView = z.infer<typeof EventView>;
