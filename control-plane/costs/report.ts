import type { CostBy, CostLine } from '../../protocol/messages/costs.ts';
import type { Db } from '../db/open.ts';
import { findCluster } from '../store/clusters.ts';
import { listCostedJobs } from '../store/jobs.ts';
import { listPaidClusters, listPrices } from '../store/prices.ts';
import { costBetween, rateAt, type Segment, segmentsOf } from './segments.ts';

const DAY_MS = 86_400_000;

/** What a cluster has cost between two moments. */
export const clusterCost = (db: Db, clusterId: string, from: number, to: number): number => {
  const rows = listPrices(db, clusterId);
  return rows.length === 0 ? 0 : costBetween(segmentsOf(rows), from, to);
};

interface Paid {
  id: string;
  name: string;
  segments: Segment[];
}

const paidClusters = (db: Db): Paid[] =>
  listPaidClusters(db).map((id) => ({
    id,
    name: findCluster(db, id)?.name ?? id,
    segments: segmentsOf(listPrices(db, id)),
  }));

const byCluster = (db: Db, now: number): CostLine[] =>
  paidClusters(db).map(({ id, name, segments }) => ({
    key: id,
    name,
    usd: costBetween(segments, 0, now),
    usdPerHour: rateAt(segments, now),
  }));

const byDay = (db: Db, now: number): CostLine[] => {
  const segments = paidClusters(db).flatMap((cluster) => cluster.segments);
  if (segments.length === 0) return [];
  const start = Math.min(...segments.map(({ from }) => from));
  const lines: CostLine[] = [];
  for (let from = Math.floor(start / DAY_MS) * DAY_MS; from <= now; from += DAY_MS) {
    const usd = costBetween(segments, from, Math.min(from + DAY_MS, now));
    const key = new Date(from).toISOString().slice(0, 10);
    const isToday = from + DAY_MS > now;
    if (usd > 0)
      lines.push({ key, name: key, usd, usdPerHour: isToday ? rateAt(segments, now) : 0 });
  }
  return lines;
};

/** A job is charged what its cluster cost while it ran; jobs that ran together are each charged all of it. */
const byJob = (db: Db, now: number): CostLine[] => {
  const clusters = new Map(paidClusters(db).map((cluster) => [cluster.id, cluster.segments]));
  return listCostedJobs(db, [...clusters.keys()]).map((job) => {
    const segments = clusters.get(job.clusterId) ?? [];
    const usd = costBetween(segments, job.startedAt ?? now, job.endedAt ?? now);
    const usdPerHour = job.endedAt === null ? rateAt(segments, now) : 0;
    return { key: job.id, name: job.clusterName, usd, usdPerHour };
  });
};

const REPORTS: Record<CostBy, (db: Db, now: number) => CostLine[]> = {
  cluster: byCluster,
  job: byJob,
  day: byDay,
};

/** What was spent and is being spent, newest last. */
export const costReport = (db: Db, by: CostBy, now: number): CostLine[] => REPORTS[by](db, now);
