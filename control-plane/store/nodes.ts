import { and, asc, eq, isNotNull, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { prepared } from '../db/prepared.ts';
import { nodes, partitions } from '../db/schema.ts';

export type NodeRow = typeof nodes.$inferSelect;

const statements = prepared((db) => ({
  one: db
    .select()
    .from(nodes)
    .where(eq(nodes.id, sql.placeholder('id')))
    .prepare(),
  ofCluster: db
    .select()
    .from(nodes)
    .where(eq(nodes.clusterId, sql.placeholder('clusterId')))
    .orderBy(asc(nodes.ordinal))
    .prepare(),
  leases: db
    .select({ leases: sql<number>`count(*)` })
    .from(partitions)
    .where(and(eq(partitions.nodeId, sql.placeholder('id')), isNotNull(partitions.epoch)))
    .prepare(),
}));

export const insertNode = (db: Db, node: typeof nodes.$inferInsert): void => {
  db.insert(nodes).values(node).run();
};

export const findNode = (db: Db, id: string): NodeRow | undefined => statements(db).one.get({ id });

/** Every node that the cluster ever had, by ordinal. */
export const listNodes = (db: Db, clusterId: string): NodeRow[] =>
  statements(db).ofCluster.all({ clusterId });

/** Changes columns of a node. */
export const updateNode = (
  db: Db,
  id: string,
  change: Partial<Omit<typeof nodes.$inferInsert, 'id' | 'clusterId'>>,
): void => {
  db.update(nodes).set(change).where(eq(nodes.id, id)).run();
};

/** Attempts that hold a lease on the node. */
export const countNodeLeases = (db: Db, id: string): number =>
  statements(db).leases.get({ id })?.leases ?? 0;
