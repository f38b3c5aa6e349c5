import Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import * as schema from './catalog-schema.ts';
import { translateFailure } from './failure.ts';
import { migrate } from './migrate.ts';

/** The price catalog, `catalog.db`: a file of its own, so that a sync never holds up a lease. */
export type CatalogDb = BetterSQLite3Database<typeof schema> & { $client: Database.Database };

const MIGRATIONS = new URL('../../migrations/catalog/', import.meta.url);
/** Transactions here take milliseconds; who waits longer waits for something broken. */
const BUSY_TIMEOUT_MS = 5000;
/** 16 MiB: the WAL of a whole import. */
const WAL_LIMIT_BYTES = 16 << 20;

const configure = (client: Database.Database): void => {
  client.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  // Pages of a replaced revision go back to the disk; it must be said before the first table.
  client.pragma('auto_vacuum = INCREMENTAL');
  client.pragma('journal_mode = WAL');
  // Whole after a crash, and the end of an import is synced by `settleCatalog`.
  client.pragma('synchronous = NORMAL');
  client.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`);
  client.pragma('temp_store = MEMORY');
};

/** Opens, checks and migrates. Throws `newer_database`, `database_damaged`, `disk_full`. */
export const openCatalogDb = (path: string): CatalogDb => {
  let client: Database.Database | undefined;
  try {
    client = new Database(path);
    configure(client);
    const found = String(client.pragma('quick_check(1)', { simple: true }));
    if (found !== 'ok') throw Object.assign(new Error(found), { code: 'SQLITE_CORRUPT' });
    migrate(client, MIGRATIONS);
    return drizzle({ client, schema });
  } catch (cause) {
    client?.close();
    throw translateFailure(cause);
  }
};

/** Runs synchronous work in one transaction that takes the write lock at once. */
export const transactCatalog = <T>(db: CatalogDb, work: () => T): T => {
  try {
    return db.$client.transaction(work).immediate();
  } catch (cause) {
    throw translateFailure(cause);
  }
};

/** Gives free pages back, folds the WAL in and syncs: what was committed is durable now. */
export const settleCatalog = (db: CatalogDb): void => {
  db.$client.pragma('incremental_vacuum');
  db.$client.pragma('wal_checkpoint(TRUNCATE)');
};
