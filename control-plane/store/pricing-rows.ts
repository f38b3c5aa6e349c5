import type { Database, Statement } from 'better-sqlite3';
import { eq, sql } from 'drizzle-orm';
import { origins, places, rates, types } from '../db/catalog-schema.ts';
import type { CatalogDb } from '../db/open-catalog.ts';
import { prepared } from '../db/prepared.ts';

type TypeValues = Omit<typeof types.$inferInsert, 'id'>;
type PlaceValues = Omit<typeof places.$inferInsert, 'id'>;
type OriginValues = Omit<typeof origins.$inferInsert, 'id'>;

// An update that changes nothing makes RETURNING answer for a row that was there before, too.
const same = { id: sql`id` };

const statements = prepared((db: CatalogDb) => ({
  type: db
    .insert(types)
    .values({
      cloud: sql.placeholder('cloud'),
      name: sql.placeholder('name'),
      vcpus: sql.placeholder('vcpus'),
      memoryGib: sql.placeholder('memoryGib'),
      arch: sql.placeholder('arch'),
      burstable: sql.placeholder('burstable'),
      bareMetal: sql.placeholder('bareMetal'),
      gpuName: sql.placeholder('gpuName'),
      gpuCount: sql.placeholder('gpuCount'),
      prevGen: sql.placeholder('prevGen'),
      localDiskGb: sql.placeholder('localDiskGb'),
    })
    .onConflictDoUpdate({
      target: [
        ...[types.cloud, types.name, types.vcpus, types.memoryGib, types.arch, types.burstable],
        ...[types.bareMetal, types.gpuName, types.gpuCount, types.prevGen, types.localDiskGb],
      ],
      set: same,
    })
    .returning({ id: types.id })
    .prepare(),
  place: db
    .insert(places)
    .values({
      cloud: sql.placeholder('cloud'),
      region: sql.placeholder('region'),
      zone: sql.placeholder('zone'),
    })
    .onConflictDoUpdate({ target: [places.cloud, places.region, places.zone], set: same })
    .returning({ id: places.id })
    .prepare(),
  origin: db
    .insert(origins)
    .values({
      source: sql.placeholder('source'),
      asOf: sql.placeholder('asOf'),
      spotAsOf: sql.placeholder('spotAsOf'),
    })
    .onConflictDoUpdate({ target: [origins.source, origins.asOf, origins.spotAsOf], set: same })
    .returning({ id: origins.id })
    .prepare(),
}));

/** The id of a type, new or known. */
export const internType = (db: CatalogDb, values: TypeValues): number =>
  statements(db).type.get({ ...values }).id;

export const internPlace = (db: CatalogDb, values: PlaceValues): number =>
  statements(db).place.get({ ...values }).id;

export const internOrigin = (db: CatalogDb, values: OriginValues): number =>
  statements(db).origin.get({ ...values }).id;

interface PriceValues {
  place: number;
  type: number;
  origin: number;
  price: number | null;
  spot: number | null;
  interruption: string | null;
}

const inserts = new WeakMap<Database, Statement>();

/** The hot one: a hundred thousand of these are an import, so that it goes past Drizzle. */
export const insertPrice = (db: CatalogDb, revision: number, row: PriceValues): void => {
  let statement = inserts.get(db.$client);
  if (statement === undefined) {
    statement = db.$client.prepare('INSERT OR REPLACE INTO prices VALUES (?, ?, ?, ?, ?, ?, ?)');
    inserts.set(db.$client, statement);
  }
  const { place, type, origin, price, spot, interruption } = row;
  statement.run(revision, place, type, origin, price, spot, interruption);
};

export const insertRate = (db: CatalogDb, values: typeof rates.$inferInsert): void => {
  db.insert(rates)
    .values(values)
    .onConflictDoUpdate({
      target: [rates.revision, rates.cloud, rates.region, rates.name],
      set: { usd: values.usd },
    })
    .run();
};

export const allTypes = (db: CatalogDb) => db.select().from(types).orderBy(types.id).all();
export const allPlaces = (db: CatalogDb) => db.select().from(places).orderBy(places.id).all();
export const allOrigins = (db: CatalogDb) => db.select().from(origins).orderBy(origins.id).all();

/** place, type, origin, price, spot, interruption: arrays, as objects cost three times as much. */
type RawPrice = [number, number, number, number | null, number | null, string | null];

const readPrices =
  'SELECT place, type, origin, price, spot, interruption FROM prices WHERE revision = ?';

export const pricesOf = (db: CatalogDb, revision: number): RawPrice[] =>
  db.$client.prepare<[number], RawPrice>(readPrices).raw().all(revision);

export const ratesOf = (db: CatalogDb, revision: number) =>
  db.select().from(rates).where(eq(rates.revision, revision)).all();
