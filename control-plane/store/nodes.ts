import { and, asc, eq, isNotNull, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { prepared } from '../db/prepared.ts';
import { nodes, partitions } from '../db/schema.ts';

export type NodeRow = typeof nodes.$inferSelect;

/** What claims know of a node. */
export type Member = Pick<NodeRow, 'id' | 'name' | 'slots'>;

/** The nodes of a cluster that take part. */
export interface Roster {
  ready: readonly Member[];
  byId: ReadonlyMap<string, Member>;
  /** Slots of all of them. */
  slots: number;
}

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
  ready: db
    .select({ id: nodes.id, name: nodes.name, slots: nodes.slots })
    .from(nodes)
    .where(and(eq(nodes.clusterId, sql.placeholder('clusterId')), eq(nodes.state, 'ready')))
    .orderBy(asc(nodes.ordinal))
    .prepare(),
  name: db
    .select({ name: nodes.name })
    .from(nodes)
    .where(eq(nodes.id, sql.placeholder('id')))
    .prepare(),
  leases: db
    .select({ leases: sql<number>`count(*)` })
    .from(partitions)
    .where(and(eq(partitions.nodeId, sql.placeholder('id')), isNotNull(partitions.epoch)))
    .prepare(),
}));

/** Rosters by cluster, as of now: every claim needs one, and nodes change seldom. */
const rosters = prepared(() => new Map<string, Roster>());

export const insertNode = (db: Db, node: typeof nodes.$inferInsert): void => {
  db.insert(nodes).values(node).run();
  rosters(db).clear();
};

export const findNode = (db: Db, id: string): NodeRow | undefined => statements(db).one.get({ id });

/** Every node that the cluster ever had, by ordinal. */
export const listNodes = (db: Db, clusterId: string): NodeRow[] =>
  statements(db).ofCluster.all({ clusterId });

/** The nodes of the cluster that take part, by ordinal. */
export const rosterOf = (db: Db, clusterId: string): Roster => {
  const known = rosters(db).get(clusterId);
  if (known !== undefined) return known;
  const ready = statements(db).ready.all({ clusterId });
  const byId = new Map(ready.map((node) => [node.id, node]));
  const slots = ready.reduce((sum, node) => sum + node.slots, 0);
  const roster = { ready, byId, slots };
  // What a transaction has changed may still be undone.
  if (!db.$client.inTransaction) rosters(db).set(clusterId, roster);
  return roster;
};

export const findNodeName = (db: Db, id: string): string | undefined =>
  statements(db).name.get({ id })?.name;

/** Changes columns of a node. */
export const updateNode = (
  db: Db,
  id: string,
  change: Partial<Omit<typeof nodes.$inferInsert, 'id' | 'clusterId'>>,
): void => {
  db.update(nodes).set(change).where(eq(nodes.id, id)).run();
  if (change.state !== undefined || change.slots !== undefined) rosters(db).clear();
};

/** Attempts that hold a lease on the node. */
export const countNodeLeases = (db: Db, id: string): number =>
  statements(db).leases.get({ id })?.leases ?? 0;
