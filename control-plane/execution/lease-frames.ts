import { concat } from '../../protocol/bytes.ts';
import { encodeFrame, encodeHead } from '../../protocol/frames.ts';
import type { Lease } from '../../protocol/messages/worker.ts';
import type { Deps } from '../deps.ts';
import { isDamage } from '../input/damage.ts';
import { findJobRow, type JobRow } from '../store/job-progress.ts';
import { takeBack } from './damage.ts';
import { hashOf } from './hash.ts';
import type { LiveLease } from './lease-table.ts';
import { leasesOf } from './leases.ts';

/** 64 KiB: a larger input is fetched apart, so that it delays no other lease. */
const INLINE_MAX_BYTES = 64 << 10;
/** 1 MiB: the inputs of one answer. */
const ANSWER_MAX_BYTES = 1 << 20;

/** A lease with what its header tells. */
interface Described {
  lease: LiveLease;
  job: JobRow;
}

/** Consecutive inputs of one file, read in one go. */
interface Run {
  members: Described[];
  length: number;
}

const describe = (deps: Deps, leases: readonly LiveLease[]) => {
  const jobs = new Map<string, JobRow | undefined>();
  const globs: { lease: LiveLease; opening: number }[] = [];
  const described: Described[] = [];
  const table = leasesOf(deps);
  for (const lease of leases) {
    if (!jobs.has(lease.jobId)) jobs.set(lease.jobId, findJobRow(deps.db, lease.jobId));
    const job = jobs.get(lease.jobId);
    if (job === undefined) continue;
    // Canceled meanwhile: the control channel says so.
    const isCurrent = table.get(lease.jobId, lease.partition, lease.epoch) === lease;
    if (lease.glob) globs.push({ lease, opening: job.opening });
    else if (isCurrent) described.push({ lease, job });
  }
  return { globs, described };
};

const follows = (run: Run | undefined, { job, lease: { share } }: Described): boolean => {
  const last = run?.members.at(-1);
  return (
    last?.job.id === job.id &&
    last.lease.share.source === share.source &&
    last.lease.share.offset + last.lease.share.length === share.offset
  );
};

/** Which inputs travel inside, in runs. */
const planInline = (described: readonly Described[]): Run[] => {
  const runs: Run[] = [];
  let total = 0;
  for (const member of described) {
    const { length, source } = member.lease.share;
    if (source === 'none' || length > INLINE_MAX_BYTES) continue;
    if (total + length > ANSWER_MAX_BYTES) break;
    total += length;
    const run = runs.at(-1);
    if (run !== undefined && follows(run, member)) {
      run.members.push(member);
      run.length += length;
    } else {
      runs.push({ members: [member], length });
    }
  }
  return runs;
};

const readRun = async (deps: Deps, run: Run): Promise<Map<LiveLease, Uint8Array>> => {
  const [first] = run.members;
  const inputs = new Map<LiveLease, Uint8Array>();
  if (first === undefined) return inputs;
  const { source, offset, firstLine } = first.lease.share;
  const lines = run.members.reduce((sum, { lease }) => sum + lease.share.lines, 0);
  const share = { source, offset, length: run.length, firstLine, lines };
  const read = () => deps.inputs.read(first.job.id, share);
  const bytes = await deps.execution.reads(read);
  if (bytes.length !== run.length) {
    throw new Error(
      `Expected ${run.length} bytes of input of ${first.job.id}, got ${bytes.length}`,
    );
  }
  let at = 0;
  for (const { lease } of run.members) {
    const { length } = lease.share;
    inputs.set(lease, bytes.subarray(at, at + length));
    at += length;
  }
  return inputs;
};

/** A large input can be read where it stands, on this machine. */
const withFile = (deps: Deps, header: Lease, { source, offset }: LiveLease['share']): Lease =>
  source === 'none'
    ? header
    : { ...header, file: { path: deps.inputs.fileOf(header.job, source), offset } };

const headerOf = ({ lease, job }: Described, input: Lease['input']): Lease => ({
  job: job.id,
  partition: lease.partition,
  epoch: lease.epoch,
  attempt: lease.attempt,
  input,
  bytes: lease.share.length,
  firstLine: lease.share.firstLine,
  step: lease.share.source === 'cut' ? (job.partitions ?? 1) : 1,
  lines: lease.share.lines,
  partitions: job.partitions,
  kind: 'run',
  beside: lease.beside,
  opening: job.opening,
});

const globHeader = (lease: LiveLease, opening: number): Lease => ({
  job: lease.jobId,
  partition: 0,
  epoch: lease.epoch,
  attempt: 1,
  input: 'none',
  bytes: 0,
  firstLine: 0,
  step: 1,
  lines: 0,
  partitions: null,
  kind: 'glob',
  beside: false,
  opening,
});

/** The answer to a claim: a frame for each lease that still counts, small inputs inside. */
export const leaseFrames = async (
  deps: Deps,
  leases: readonly LiveLease[],
): Promise<Uint8Array<ArrayBuffer>> => {
  const { globs, described } = describe(deps, leases);
  const inputs = new Map<LiveLease, Uint8Array>();
  const damaged = new Set<Described>();
  for (const run of planInline(described)) {
    const read = await readRun(deps, run).catch((cause: unknown) => {
      if (!isDamage(cause)) throw cause;
      for (const member of run.members) damaged.add(member);
      return [];
    });
    for (const [lease, bytes] of read) inputs.set(lease, bytes);
  }
  if (damaged.size > 0) {
    takeBack(
      deps,
      [...damaged].map(({ lease }) => lease),
    );
  }
  const parts: Uint8Array[] = globs.map(({ lease, opening }) =>
    encodeFrame(globHeader(lease, opening)),
  );
  for (const member of described.filter((each) => !damaged.has(each))) {
    const { lease, job } = member;
    const { source } = lease.share;
    const input = inputs.get(lease);
    if (source === 'none' || input !== undefined) {
      lease.hash ??= hashOf(job.spec.command, lease.partition, input ?? null);
    }
    if (source === 'none') {
      parts.push(encodeFrame(headerOf(member, 'none')));
    } else if (input === undefined) {
      parts.push(encodeFrame(withFile(deps, headerOf(member, 'fetch'), lease.share)));
    } else {
      parts.push(encodeHead(headerOf(member, 'inline'), input.length), input);
    }
  }
  return concat(parts);
};
