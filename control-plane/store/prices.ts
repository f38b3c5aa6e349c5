import { asc, eq, min, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { prepared } from '../db/prepared.ts';
import { prices } from '../db/schema.ts';

export type PriceRow = typeof prices.$inferSelect;

const statements = prepared((db) => ({
  ofCluster: db
    .select()
    .from(prices)
    .where(eq(prices.clusterId, sql.placeholder('clusterId')))
    .orderBy(asc(prices.seq))
    .prepare(),
}));

export const appendPrice = (db: Db, price: Omit<PriceRow, 'seq'>): void => {
  db.insert(prices).values(price).run();
};

/** All prices of a cluster's machines, in the order in which they were written. */
export const listPrices = (db: Db, clusterId: string): PriceRow[] =>
  statements(db).ofCluster.all({ clusterId });

/** Clusters that ever cost anything, by when they began to. */
export const listPaidClusters = (db: Db): string[] =>
  db
    .select({ clusterId: prices.clusterId })
    .from(prices)
    .groupBy(prices.clusterId)
    .orderBy(min(prices.seq))
    .all()
    .map(({ clusterId }) => clusterId);
