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

/** Nodes and rosters by cluster, as of now: every claim and every look needs them, and they change seldom. */
const kept = prepared(() => ({
  nodes: new Map<string, readonly NodeRow[]>(),
  rosters: new Map<string, Roster>(),
  /** By id; a node keeps its name. */
  names: new Map<string, string>(),
}));

export const insertNode = (db: Db, node: typeof nodes.$inferInsert): void => {
  db.insert(nodes).values(node).run();
  kept(db).nodes.clear();
  kept(db).rosters.clear();
};

export const findNode = (db: Db, id: string): NodeRow | undefined => statements(db).one.get({ id });

/** Every node that the cluster ever had, by ordinal. */
export const listNodes = (db: Db, clusterId: string): readonly NodeRow[] => {
  const known = kept(db).nodes.get(clusterId);
  if (known !== undefined) return known;
  const rows = statements(db).ofCluster.all({ clusterId });
  // What a transaction has changed may still be undone.
  if (!db.$client.inTransaction) kept(db).nodes.set(clusterId, rows);
  return rows;
};

/** The nodes of the cluster that take part, by ordinal. */
export const rosterOf = (db: Db, clusterId: string): Roster => {
  const known = kept(db).rosters.get(clusterId);
  if (known !== undefined) return known;
  const ready = statements(db).ready.all({ clusterId });
  const byId = new Map(ready.map((node) => [node.id, node]));
  const slots = ready.reduce((sum, node) => sum + node.slots, 0);
  const roster = { ready, byId, slots };
  if (!db.$client.inTransaction) kept(db).rosters.set(clusterId, roster);
  return roster;
};

/** The name of a node that exists; every end of an attempt is recorded with it. */
export const findNodeName = (db: Db, id: string): string | undefined => {
  const { names } = kept(db);
  const known = names.get(id) ?? statements(db).name.get({ id })?.name;
  if (known !== undefined) names.set(id, known);
  return known;
};

/** Changes columns of a node. */
export const updateNode = (
  db: Db,
  id: string,
  change: Partial<Omit<typeof nodes.$inferInsert, 'id' | 'clusterId'>>,
): void => {
  const isProblem = change.problem !== undefined;
  const set = isProblem ? { problemCode: null, problemHint: null, ...change } : change;
  db.update(nodes).set(set).where(eq(nodes.id, id)).run();
  kept(db).nodes.clear();
  if (change.state !== undefined || change.slots !== undefined) kept(db).rosters.clear();
};

/** Attempts that hold a lease on the node. */
export const countNodeLeases = (db: Db, id: string): number =>
  statements(db).leases.get({ id })?.leases ?? 0;
