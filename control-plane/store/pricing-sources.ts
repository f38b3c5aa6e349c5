import { sql } from 'drizzle-orm';
import { origins, places, prices, rates, sources, types } from '../db/catalog-schema.ts';
import type { CatalogDb } from '../db/open-catalog.ts';

/** A source that has been synced or imported at least once. */
type StoredSource = typeof sources.$inferSelect;

export const upsertSource = (db: CatalogDb, { name, ...set }: StoredSource): void => {
  db.insert(sources)
    .values({ name, ...set })
    .onConflictDoUpdate({ target: sources.name, set })
    .run();
};

export const allSources = (db: CatalogDb): StoredSource[] =>
  db.select().from(sources).orderBy(sources.name).all();

/** Deletes at most `limit` prices of a revision; how many there were. */
export const deletePrices = (db: CatalogDb, revision: number, limit: number): number => {
  const some = sql`select place, type from prices where revision = ${revision} limit ${limit}`;
  return db.delete(prices).where(sql`revision = ${revision} and (place, type) in (${some})`).run()
    .changes;
};

export const deleteRates = (db: CatalogDb, revision: number): void => {
  db.delete(rates).where(sql`revision = ${revision}`).run();
};

export const deleteUnusedTypes = (db: CatalogDb): void => {
  db.delete(types).where(sql`id not in (select type from prices)`).run();
};

export const deleteUnusedPlaces = (db: CatalogDb): void => {
  db.delete(places).where(sql`id not in (select place from prices)`).run();
};

export const deleteUnusedOrigins = (db: CatalogDb): void => {
  db.delete(origins).where(sql`id not in (select origin from prices)`).run();
};
