import { and, asc, eq, exists, inArray, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { prepared } from '../db/prepared.ts';
import { collected, jobs } from '../db/schema.ts';

const OPEN = ['queued', 'running'] as const;
const FINAL = ['succeeded', 'failed', 'canceled'] as const;

const statements = prepared((db) => ({
  open: db
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs.clusterId, sql.placeholder('clusterId')), inArray(jobs.state, [...OPEN])))
    .orderBy(asc(jobs.seq))
    .prepare(),
  uncollected: db
    .select({ count: sql<number>`count(*)` })
    .from(jobs)
    .where(
      and(
        eq(jobs.clusterId, sql.placeholder('clusterId')),
        inArray(jobs.state, [...FINAL]),
        eq(jobs.collectedFetched, false),
        exists(db.select({ one: sql`1` }).from(collected).where(eq(collected.jobId, jobs.id))),
      ),
    )
    .prepare(),
  openEverywhere: db
    .select({ count: sql<number>`count(*)` })
    .from(jobs)
    .where(inArray(jobs.state, [...OPEN]))
    .prepare(),
}));

/** Jobs of the cluster that are queued or running, first in first. */
export const listOpenJobs = (db: Db, clusterId: string): string[] =>
  statements(db)
    .open.all({ clusterId })
    .map(({ id }) => id);

/** Jobs of the cluster that ended with collected files that nobody has fetched. */
export const countUncollectedJobs = (db: Db, clusterId: string): number =>
  statements(db).uncollected.get({ clusterId })?.count ?? 0;

/** Jobs of all clusters that are queued or running. */
export const countOpenJobs = (db: Db): number => statements(db).openEverywhere.get()?.count ?? 0;
