import { and, desc, eq, inArray, lt, ne, sql } from 'drizzle-orm';
import type { ClusterAccess, ClusterSpec } from '../../protocol/messages/clusters.ts';
import type { ClusterState } from '../../protocol/states.ts';
import type { Db } from '../db/open.ts';
import { prepared } from '../db/prepared.ts';
import { clusters } from '../db/schema.ts';

export type ClusterRow = Omit<typeof clusters.$inferSelect, 'activeAt'>;

const statements = prepared((db) => ({
  live: db
    .select()
    .from(clusters)
    .where(and(eq(clusters.name, sql.placeholder('name')), ne(clusters.state, 'down')))
    .prepare(),
  latest: db
    .select()
    .from(clusters)
    .where(eq(clusters.name, sql.placeholder('name')))
    .orderBy(desc(clusters.createdAt), desc(sql`rowid`))
    .limit(1)
    .prepare(),
  one: db
    .select()
    .from(clusters)
    .where(eq(clusters.id, sql.placeholder('id')))
    .prepare(),
}));

export const insertCluster = (db: Db, cluster: typeof clusters.$inferInsert): void => {
  db.insert(clusters).values(cluster).run();
};

export const findCluster = (db: Db, id: string): ClusterRow | undefined =>
  statements(db).one.get({ id });

/** The cluster of this name that is up or going down: there is one at most. */
export const findLiveCluster = (db: Db, name: string): ClusterRow | undefined =>
  statements(db).live.get({ name });

/** The newest cluster of this name, down or not. */
export const findLatestCluster = (db: Db, name: string): ClusterRow | undefined =>
  statements(db).latest.get({ name });

/** All clusters that ever were. */
export const listAllClusters = (db: Db): ClusterRow[] => db.select().from(clusters).all();

/** All clusters that are up or going down. */
export const listLiveClusters = (db: Db): ClusterRow[] =>
  db
    .select()
    .from(clusters)
    .where(inArray(clusters.state, ['up', 'going_down']))
    .all();

/**
 * A page of clusters, newest first.
 *
 * @param before rowid of the last one of the page before
 */
export const pageClusters = (
  db: Db,
  page: { all: boolean; before: number | null; limit: number },
): { row: ClusterRow; rowid: number }[] => {
  const rowid = sql<number>`${clusters}.rowid`;
  const conditions = [
    ...(page.all ? [] : [ne(clusters.state, 'down')]),
    ...(page.before === null ? [] : [lt(rowid, page.before)]),
  ];
  return db
    .select({ row: clusters, rowid })
    .from(clusters)
    .where(and(...conditions))
    .orderBy(desc(rowid))
    .limit(page.limit)
    .all();
};

/** How its machines are reached from now on. */
export const setClusterAccess = (db: Db, id: string, access: ClusterAccess): void => {
  db.update(clusters).set({ access }).where(eq(clusters.id, id)).run();
};

export const setClusterSpec = (db: Db, id: string, spec: ClusterSpec): void => {
  db.update(clusters).set({ spec }).where(eq(clusters.id, id)).run();
};

export const setClusterState = (
  db: Db,
  id: string,
  state: ClusterState,
  downAt: number | null,
): void => {
  db.update(clusters).set({ state, downAt }).where(eq(clusters.id, id)).run();
};

/** Its `up` was finished. */
export const finishCluster = (db: Db, id: string, finishedAt: number): void => {
  db.update(clusters).set({ finishedAt }).where(eq(clusters.id, id)).run();
};
