import type { Clock } from '../clock.ts';
import type { CatalogDb } from '../db/open-catalog.ts';
import { revisionsIn } from '../store/pricing-revisions.ts';
import { allSources } from '../store/pricing-sources.ts';
import { PRICE_SOURCES } from './sources/registry.ts';
import type { Accounts } from './sources/source.ts';
import type { Syncs } from './syncs.ts';

/** List prices change now and then, spot prices every few minutes: a day is a fair middle. */
const STALE_MS = 86_400_000;
/** After a failure the next try waits an hour. */
const AGAIN_MS = 3_600_000;

interface RefreshDeps {
  db: () => CatalogDb;
  clock: Clock;
  accounts: Accounts;
  syncs: Syncs;
}

/** Regions that the source has in the catalog; null where its list is one file. */
const syncedParts = (db: CatalogDb, source: string): readonly string[] | null => {
  const parts = revisionsIn(db, 'active').filter((each) => each.source === source);
  return parts.some(({ part }) => part === '') ? null : parts.map(({ part }) => part);
};

/** Syncs again what was synced before and is older than a day: those sources, those regions. */
export const createRefresh = ({ db, clock, accounts, syncs }: RefreshDeps) => {
  const triedAt = new Map<string, number>();
  return async (signal: AbortSignal): Promise<void> => {
    const now = clock.now();
    for (const { name, syncedAt } of allSources(db())) {
      const source = PRICE_SOURCES.find((each) => each.name === name);
      if (source === undefined || !source.isAvailable(accounts) || syncs.isRunning(name)) continue;
      if (now - syncedAt < STALE_MS || now - (triedAt.get(name) ?? 0) < AGAIN_MS) continue;
      triedAt.set(name, now);
      await syncs.run({ source, regions: syncedParts(db(), name), signal });
    }
  };
};
