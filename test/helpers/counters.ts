import assert from 'node:assert/strict';
import { eq, sql } from 'drizzle-orm';
import { partitions } from '../../control-plane/db/schema.ts';
import type { Deps } from '../../control-plane/deps.ts';
import { jobRow } from './execution.ts';

const recount = (deps: Deps, jobId: string) =>
  deps.db
    .select({
      state: partitions.state,
      count: sql<number>`count(*)`,
      lines: sql<number>`sum(${partitions.lines})`,
      bytes: sql<number>`sum(${partitions.length})`,
    })
    .from(partitions)
    .where(eq(partitions.jobId, jobId))
    .groupBy(partitions.state)
    .all();

/** The counters of the job, and the same numbers counted from its rows. */
export const assertCounted = (deps: Deps, jobId: string): void => {
  const job = jobRow(deps, jobId);
  const counts = new Map(recount(deps, jobId).map((row) => [row.state, row]));
  const of = (state: 'pending' | 'succeeded' | 'failed') => counts.get(state)?.count ?? 0;
  const live = (counts.get('leased')?.count ?? 0) + (counts.get('running')?.count ?? 0);
  assert.deepEqual(
    [
      job.pending,
      job.leased,
      job.succeeded,
      job.failed,
      job.linesDone,
      job.inputBytesDone,
      job.linesFailed,
    ],
    [
      of('pending'),
      live,
      of('succeeded'),
      of('failed'),
      counts.get('succeeded')?.lines ?? 0,
      counts.get('succeeded')?.bytes ?? 0,
      counts.get('failed')?.lines ?? 0,
    ],
  );
};
