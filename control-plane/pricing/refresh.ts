import { AccountReference } from '../../protocol/accounts.ts';
import type { OpenAccounts } from '../accounts/open-accounts.ts';
import type { Clock } from '../clock.ts';
import type { CatalogDb } from '../db/open-catalog.ts';
import { revisionsIn } from '../store/pricing-revisions.ts';
import { allSources } from '../store/pricing-sources.ts';
import { sweepDead } from './activate.ts';
import { PRICE_SOURCES } from './sources/registry.ts';
import type { PriceSource } from './sources/source.ts';
import { NO_ACCOUNT, type Syncs, type UsedAccount } from './syncs.ts';

/** List prices change now and then, spot prices every few minutes: a day is a fair middle. */
const STALE_MS = 86_400_000;
/** After a failure the next try waits an hour. */
const AGAIN_MS = 3_600_000;

interface RefreshDeps {
  db: () => CatalogDb;
  clock: Clock;
  openAccounts: OpenAccounts;
  syncs: Syncs;
}

/** Regions that the source has in the catalog; null where its list is one file. */
const syncedParts = (db: CatalogDb, source: string): readonly string[] | null => {
  const parts = revisionsIn(db, 'active').filter((each) => each.source === source);
  return parts.some(({ part }) => part === '') ? null : parts.map(({ part }) => part);
};

/** The account that a source was synced with, found again by its names and paths. */
const accountOf = async (
  openAccounts: OpenAccounts,
  { cloud, needsAccount }: PriceSource,
  stored: string | null,
): Promise<UsedAccount> => {
  if (stored === null && !needsAccount) return NO_ACCOUNT;
  // A caller that named none, as curl does, had the control plane's own environment.
  const reference = stored === null ? null : AccountReference.parse(JSON.parse(stored));
  return { ...(await openAccounts(reference, [cloud])), reference };
};

const missing = ({ problems }: UsedAccount): string =>
  problems[0]?.message ??
  'Its account was in the environment of the last `px pricing sync`: it is not kept.';

/**
 * Syncs again what was synced before and is older than a day: those sources, those regions. What killed
 * imports and syncs left behind goes first.
 */
export const createRefresh = ({ db, clock, openAccounts, syncs }: RefreshDeps) => {
  const triedAt = new Map<string, number>();
  return async (signal: AbortSignal): Promise<void> => {
    const now = clock.now();
    await sweepDead(db(), now);
    for (const { name, syncedAt, account: stored } of allSources(db())) {
      const source = PRICE_SOURCES.find((each) => each.name === name);
      if (source === undefined || syncs.isRunning(name)) continue;
      if (now - syncedAt < STALE_MS || now - (triedAt.get(name) ?? 0) < AGAIN_MS) continue;
      triedAt.set(name, now);
      const account = await accountOf(openAccounts, source, stored);
      if (!source.isAvailable(account.accounts)) {
        syncs.setProblem(name, missing(account));
        continue;
      }
      await syncs.run({ source, account, regions: syncedParts(db(), name), signal });
    }
  };
};
