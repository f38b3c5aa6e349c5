import { integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

const flag = (name: string) => integer(name, { mode: 'boolean' }).notNull();
const word = (name: string) => text(name).notNull();

/** `writing`: rows still come. `staged`: whole, not read yet. `active`: read. `old`: replaced, rows go. */
export type RevisionState = 'writing' | 'staged' | 'active' | 'old';
export type SourceKind = 'import' | 'api' | 'list';

/** Where prices come from. A row is made by the first sync or import that succeeds. */
export const sources = sqliteTable('sources', {
  name: text('name').primaryKey(),
  kind: text('kind').$type<SourceKind>().notNull(),
  syncedAt: integer('synced_at').notNull(),
  /** Names and paths of the account that it was synced with, as JSON; null where none was needed. */
  account: text('account'),
});

/**
 * One reading of one part (a region, or everything) of a source. Readers see the active ones alone;
 * a sync activates all that it staged in one transaction.
 */
export const revisions = sqliteTable('revisions', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  source: word('source'),
  part: word('part'),
  state: text('state').$type<RevisionState>().notNull(),
  rows: integer('rows').notNull().default(0),
  skipped: integer('skipped').notNull().default(0),
  /** Last moment at which its writer was heard of; a dead writer's rows go. */
  touchedAt: integer('touched_at').notNull(),
});

/** Machines, normalised: a type that is sold in sixty regions stands here once. */
export const types = sqliteTable(
  'types',
  {
    id: integer('id').primaryKey(),
    cloud: word('cloud'),
    name: word('name'),
    vcpus: real('vcpus').notNull(),
    memoryGib: real('memory_gib').notNull(),
    arch: word('arch'),
    burstable: flag('burstable'),
    bareMetal: flag('bare_metal'),
    gpuName: word('gpu_name'),
    gpuCount: real('gpu_count').notNull(),
    prevGen: flag('prev_gen'),
    localDiskGb: real('local_disk_gb').notNull(),
  },
  (t) => [
    uniqueIndex('types_all').on(
      t.cloud,
      t.name,
      t.vcpus,
      t.memoryGib,
      t.arch,
      t.burstable,
      t.bareMetal,
      t.gpuName,
      t.gpuCount,
      t.prevGen,
      t.localDiskGb,
    ),
  ],
);

export const places = sqliteTable(
  'places',
  {
    id: integer('id').primaryKey(),
    cloud: word('cloud'),
    region: word('region'),
    zone: word('zone'),
  },
  (t) => [uniqueIndex('places_all').on(t.cloud, t.region, t.zone)],
);

export const origins = sqliteTable(
  'origins',
  {
    id: integer('id').primaryKey(),
    source: word('source'),
    asOf: word('as_of'),
    spotAsOf: word('spot_as_of'),
  },
  (t) => [uniqueIndex('origins_all').on(t.source, t.asOf, t.spotAsOf)],
);

/** One offer. The migration makes it WITHOUT ROWID: its key is most of the row. */
export const prices = sqliteTable(
  'prices',
  {
    revision: integer('revision').notNull(),
    place: integer('place').notNull(),
    type: integer('type').notNull(),
    origin: integer('origin').notNull(),
    price: real('price'),
    spot: real('spot'),
    interruption: text('interruption'),
  },
  (t) => [primaryKey({ columns: [t.revision, t.place, t.type] })],
);

/** Prices beside machines: boot disk, address, egress. */
export const rates = sqliteTable(
  'rates',
  {
    revision: integer('revision').notNull(),
    cloud: word('cloud'),
    region: word('region'),
    name: word('name'),
    usd: real('usd').notNull(),
  },
  (t) => [primaryKey({ columns: [t.revision, t.cloud, t.region, t.name] })],
);
