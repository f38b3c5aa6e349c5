import { existsSync, renameSync } from 'node:fs';
import { PxError } from '../../protocol/errors.ts';
import type { Clock } from '../clock.ts';
import { type CatalogDb, openCatalogDb } from '../db/open-catalog.ts';
import type { Log } from '../log.ts';
import type { Market } from './market.ts';
import { catalogVersion, readMarket } from './read-market.ts';

/** The catalog's database, opened by the first who asks, and its market, read anew after a change. */
export interface CatalogFile {
  db(): CatalogDb;
  market(): Market;
  /** Whether anybody has ever asked. */
  exists(): boolean;
  close(): void;
}

/** A damaged catalog must not stop a control plane: prices can be had again. */
const openOrReplace = (path: string, log: Log): CatalogDb => {
  try {
    return openCatalogDb(path);
  } catch (cause) {
    if (!(cause instanceof PxError) || cause.code !== 'database_damaged') throw cause;
    log.error('The price catalog is damaged; it is set aside and begun anew.', { path });
    renameSync(path, `${path}.damaged`);
    return openCatalogDb(path);
  }
};

export const createCatalogFile = (path: string, log: Log): CatalogFile => {
  let db: CatalogDb | null = null;
  let read: { version: string; market: Market } | null = null;
  const open = (): CatalogDb => {
    db ??= openOrReplace(path, log);
    return db;
  };
  return {
    db: open,
    market: () => {
      const version = catalogVersion(open());
      if (read?.version !== version) read = { version, market: readMarket(open()) };
      return read.market;
    },
    exists: () => db !== null || existsSync(path),
    close: () => {
      db?.$client.close();
      db = null;
      read = null;
    },
  };
};

/** 20 ms: first the answer of the import, or the end of the sync, goes out. */
const READ_AHEAD_AFTER_MS = 20;

/**
 * Reads a catalog that has changed before somebody asks: that takes longer than any answer. Where it
 * cannot be read, who asks next is told why.
 */
export const readAhead = async (
  file: CatalogFile,
  { clock, log, signal }: { clock: Clock; log: Log; signal: AbortSignal },
): Promise<void> => {
  await clock.sleep(READ_AHEAD_AFTER_MS, signal);
  if (signal.aborted) return;
  try {
    file.market();
  } catch (cause) {
    log.warn('The price catalog could not be read ahead.', { reason: String(cause) });
  }
};
