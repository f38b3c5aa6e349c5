import { PxError } from '../../protocol/errors.ts';
import type { LogData, LogKind } from '../db/schema.ts';
import type { Deps } from '../deps.ts';
import { findJobRow, type JobRow, saveJob } from '../store/job-progress.ts';
import { appendTransition } from '../store/log.ts';
import type { LiveLease } from './lease-table.ts';

/** What a recorded transition is about. */
interface Subject {
  partition: number | null;
  attempt: number | null;
}

/**
 * One transaction's work: the jobs that it changes, each read once and written once at its end, and
 * what follows its commit: leases that begin and end, whom to wake, which inputs to delete.
 */
export class Change {
  readonly deps: Deps;
  /** Milliseconds since 1970, the same for everything in the transaction. */
  readonly at: number;
  /** The same moment on the monotonic clock. */
  readonly monotonic: number;
  readonly topics = new Set<string>();
  readonly begun: LiveLease[] = [];
  readonly started: LiveLease[] = [];
  readonly ended: LiveLease[] = [];
  readonly staleInputs: JobRow[] = [];
  /** Jobs that end here. */
  readonly over: string[] = [];
  readonly #jobs = new Map<string, { now: JobRow; before: JobRow }>();

  constructor(deps: Deps) {
    this.deps = deps;
    this.at = deps.clock.now();
    this.monotonic = deps.clock.monotonic();
  }

  /** The working copy of a job; throws `job_not_found`. */
  job(id: string): JobRow {
    const known = this.#jobs.get(id);
    if (known !== undefined) return known.now;
    const row = findJobRow(this.deps.db, id);
    if (row === undefined) {
      throw new PxError('job_not_found', `There is no job ${id}.`, { hint: 'px job ls' });
    }
    return this.adopt(row);
  }

  /** Makes a row that was read in this transaction the working copy of its job. */
  adopt(row: JobRow): JobRow {
    const known = this.#jobs.get(row.id);
    if (known !== undefined) return known.now;
    this.#jobs.set(row.id, { now: row, before: { ...row } });
    return row;
  }

  jobs(): JobRow[] {
    return [...this.#jobs.values()].map(({ now }) => now);
  }

  /** Records a transition in the job's log. */
  record(job: JobRow, kind: Exclude<LogKind, 'chunk'>, subject: Subject, data: LogData): void {
    const cursor = job.nextCursor;
    job.nextCursor += 1;
    appendTransition(this.deps.db, { jobId: job.id, cursor, kind, at: this.at, ...subject, data });
  }

  /** Writes the jobs that are not what they were. */
  save(): void {
    for (const { now, before } of this.#jobs.values()) {
      const columns = Object.keys(now) as (keyof JobRow)[];
      if (columns.some((column) => now[column] !== before[column])) saveJob(this.deps.db, now);
    }
  }
}
