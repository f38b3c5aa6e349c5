import type { Deps } from '../deps.ts';
import type { Place } from '../output/segments.ts';
import { findJobRow } from '../store/job-progress.ts';
import { findExpected } from '../store/partitions.ts';
import { leaseName } from './lease-table.ts';
import type { Chunk, LeaseReport } from './report-body.ts';

/** A report in the queue. */
export interface Report {
  nodeId: string;
  leases: LeaseReport[];
}

/** A chunk that is new, with the place that it was written to. */
interface Placed {
  chunk: Chunk;
  place: Place;
}

/** What is to be done for one lease of a report. */
export interface LeasePlan {
  nodeId: string;
  report: LeaseReport;
  /** Chunk seq from which the new chunks go on; null where the report has none. */
  from: number | null;
  fresh: Chunk[];
  placed: Placed[];
  /** The seq that was expected instead of what came. */
  gap: number | null;
}

const planLease = (nodeId: string, report: LeaseReport, from: number): LeasePlan => {
  const plan: LeasePlan = { nodeId, report, from, fresh: [], placed: [], gap: null };
  for (const chunk of report.chunks) {
    const expected = from + plan.fresh.length;
    const { seq } = chunk.header;
    if (seq < expected) continue;
    if (seq > expected) {
      plan.gap = expected;
      break;
    }
    plan.fresh.push(chunk);
  }
  return plan;
};

/** Finds what is new in reports, in order; what is stale already is left to the transaction. */
export const planReports = (deps: Deps, reports: readonly Report[]): LeasePlan[][] => {
  const next = new Map<string, number>();
  return reports.map(({ nodeId, leases }) =>
    leases.map((report) => {
      const none = { nodeId, report, from: null, fresh: [], placed: [], gap: null };
      if (report.chunks.length === 0) return none;
      const { job, partition, epoch } = report;
      const name = leaseName(job, partition, epoch);
      const row = findExpected(deps.db, job, partition);
      if (row?.epoch !== epoch || row.nodeId !== nodeId) {
        return { ...none, from: 0 };
      }
      const from = next.get(name) ?? row.nextSeq;
      const plan = planLease(nodeId, report, from);
      next.set(name, from + plan.fresh.length);
      return plan;
    }),
  );
};

/**
 * Writes the new chunks of all plans at the committed ends of their jobs' output and makes them
 * durable. Returns the new ends by job. Throws `disk_full`.
 */
export const writeChunks = async (deps: Deps, plans: readonly LeasePlan[]) => {
  const byJob = Map.groupBy(
    plans.filter((plan) => plan.fresh.length > 0),
    (plan) => plan.report.job,
  );
  const ends = new Map<string, { segment: number; length: number }>();
  for (const [jobId, ofJob] of byJob) {
    const job = findJobRow(deps.db, jobId);
    if (job === undefined) continue;
    const chunks = ofJob.flatMap((plan) => plan.fresh.map((chunk) => chunk.body));
    const start = { segment: job.segment, length: job.segmentLength };
    const { places, end } = await deps.segments.write(jobId, start, chunks);
    ends.set(jobId, end);
    let index = 0;
    for (const plan of ofJob) {
      for (const chunk of plan.fresh) {
        const place = places[index];
        index += 1;
        if (place !== undefined) plan.placed.push({ chunk, place });
      }
    }
  }
  if (ends.size > 0) {
    deps.faultPoint?.('segment-written');
    await deps.segments.sync();
  }
  return ends;
};
