import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { translateFailure } from './failure.ts';
import { migrate } from './migrate.ts';
import * as schema from './schema.ts';

export type Db = BetterSQLite3Database<typeof schema> & { $client: Database.Database };

/** One process serves a database; what else may hold it for a moment is a backup or a curious shell. */
const BUSY_TIMEOUT_MS = 5000;
/**
 * 32 MiB of 4 KiB pages between checkpoints: a page that many commits change is copied and synced once
 * for all of them. SQLite's own 4 MiB made a checkpoint of every third large commit.
 */
const CHECKPOINT_PAGES = 8000;
/** 32 MiB of pages in memory: with SQLite's own 2 MiB a large commit spills, and a long job reads its pages again. */
const CACHE_KIB = 32 << 10;
/** The WAL file shrinks to this after a checkpoint, whatever a burst made of it. */
const WAL_LIMIT_BYTES = 64 << 20;
/** Above this a full check would delay the start by seconds; damage then shows where it is read. */
const CHECK_MAX_BYTES = 256 << 20;

const configure = (client: Database.Database): void => {
  client.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  client.pragma('journal_mode = WAL');
  // What is acknowledged survives a power cut: every COMMIT syncs the WAL.
  client.pragma('synchronous = FULL');
  client.pragma('foreign_keys = ON');
  client.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  client.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`);
  client.pragma(`cache_size = -${CACHE_KIB}`);
  client.pragma('temp_store = MEMORY');
};

const check = (client: Database.Database): void => {
  const pages = Number(client.pragma('page_count', { simple: true }));
  const pageBytes = Number(client.pragma('page_size', { simple: true }));
  if (pages * pageBytes > CHECK_MAX_BYTES) return;
  const found = String(client.pragma('quick_check(1)', { simple: true }));
  if (found !== 'ok') throw Object.assign(new Error(found), { code: 'SQLITE_CORRUPT' });
};

/**
 * Opens, checks and migrates the database. Throws `newer_database`, `database_damaged`, `disk_full`.
 * The caller makes sure that no other control plane has it open (`server.lock`).
 */
export const openDb = (path: string): Db => {
  let client: Database.Database | undefined;
  try {
    // Names of jobs and clusters are nobody else's affair; SQLite gives its other files this mode too.
    closeSync(openSync(path, 'a', 0o600));
    client = new Database(path);
    configure(client);
    check(client);
    migrate(client);
    return drizzle({ client, schema });
  } catch (cause) {
    client?.close();
    throw translateFailure(cause);
  }
};

/**
 * Runs `work` in one transaction that takes the write lock at once; nested calls are savepoints. The
 * work must be synchronous: an await would let other statements into the transaction.
 */
export const transact = <T>(db: Db, work: () => T): T => {
  try {
    return db.$client.transaction(work).immediate();
  } catch (cause) {
    throw translateFailure(cause);
  }
};

/** Closes the database; the WAL is folded in. */
export const closeDb = (db: Db): void => {
  db.$client.close();
};
