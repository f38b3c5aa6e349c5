import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { IMPORT_SOURCE, type ImportReply } from '../../protocol/messages/pricing.ts';
import { isHomeRegion } from '../../protocol/regions.ts';
import type { OpenAccounts } from '../accounts/open-accounts.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { revisionsIn } from '../store/pricing-revisions.ts';
import { allSources } from '../store/pricing-sources.ts';
import { createOwnRegions } from './account-regions/own-regions.ts';
import { activate, sweep, sweepDead } from './activate.ts';
import { type CatalogFile, createCatalogFile, readAhead } from './catalog-file.ts';
import { checkNames, type Named } from './check-names.ts';
import { exportCsv } from './export-csv.ts';
import { type Asked, createFirstSync } from './first-sync.ts';
import { ageNotices, listRegions, listSources, overriddenNotices } from './listings.ts';
import type { Caller, Pricing } from './pricing.ts';
import { queryBest, queryCompare, queryOffers } from './queries.ts';
import { rankCluster } from './rank-cluster.ts';
import { readImport } from './read-import.ts';
import { createRefresh } from './refresh.ts';
import type { Requirements } from './requirements.ts';
import { refuseName } from './source-names.ts';
import { type UrlOverrides, urlsWith } from './sources/urls.ts';
import { stagePart } from './stage.ts';
import { syncMany } from './sync-many.ts';
import { createSyncs, NO_ACCOUNT } from './syncs.ts';

interface PricingOptions {
  /** Folder of `catalog.db`. */
  dataDir: string;
  clock: Clock;
  log: Log;
  random: (count: number) => Uint8Array;
  fetch: typeof fetch;
  urls?: UrlOverrides;
  openAccounts?: OpenAccounts;
  retryBaseMs?: number;
  stallMs?: number;
}

const CLUSTER_OFFERS = 100;

const importFile = async (
  file: CatalogFile,
  clock: Clock,
  input: Readable,
  source: string,
): Promise<ImportReply> => {
  const db = file.db();
  const now = (): number => clock.now();
  await sweepDead(db, now());
  const asOf = new Date(now()).toISOString().slice(0, 10);
  const lines = readImport(input, { source, asOf, spotAsOf: '' });
  const before = revisionsIn(db, 'active').filter((each) => each.source === source);
  const replaced = before.reduce((sum, { rows }) => sum + rows, 0);
  const staged = await stagePart(db, now, { source, part: '' }, lines);
  const { revision, offers, repeated, withoutPrice } = staged;
  activate(db, { name: source, kind: 'import', syncedAt: now() }, [{ part: '', revision }], true);
  await sweep(db, now());
  return { source, offers, repeated, without_price: withoutPrice, replaced };
};

/** Without an import nothing can be overridden, and nobody waits for the catalog to be read. */
const overriddenIn = (file: CatalogFile, log: Log, synced: ReadonlySet<string>) => {
  try {
    const hasImports = allSources(file.db()).some(({ kind }) => kind === 'import');
    return hasImports ? overriddenNotices(file.market(), synced) : [];
  } catch (cause) {
    // The sync itself is done; who asks next is told why.
    log.warn('The price catalog could not be read after a sync.', { reason: String(cause) });
    return [];
  }
};

/** What a cluster names; a home region that the catalog lacks is no slip of the finger: no offer then. */
const askedBy = ({ regions, providers, instanceTypes }: Requirements): Asked & Named => {
  const named = regions?.filter((region) => !isHomeRegion(region)) ?? [];
  return {
    provider: providers ?? undefined,
    region: named.length > 0 ? named : undefined,
    instance_type: instanceTypes ?? undefined,
  };
};

export const createPricing = (options: PricingOptions): Pricing => {
  const { clock, openAccounts = async () => NO_ACCOUNT } = options;
  const file = createCatalogFile(join(options.dataDir, 'catalog.db'), options.log.child('pricing'));
  const closing = new AbortController();
  const urls = urlsWith(options.urls ?? {});
  const syncs = createSyncs({ ...options, db: file.db, urls });
  const refresh = createRefresh({ db: file.db, clock, openAccounts, syncs });
  const isEmpty = (): boolean => file.market().catalog.size === 0;
  const firstSync = createFirstSync({ syncs, openAccounts, clock, isEmpty }, closing.signal);

  const ownRegions = createOwnRegions({ ...options, urls, openAccounts, signal: closing.signal });

  const overridden = (synced: ReadonlySet<string>) => overriddenIn(file, options.log, synced);
  const warmUp = (): void => void readAhead(file, { ...options, signal: closing.signal });

  /** The market to ask, filled first where it is empty, and what a person should know of it. */
  const ready = async (asked: Asked, caller: Caller = null) => {
    const fetched = await firstSync(asked, caller);
    const market = file.market();
    checkNames(market, asked);
    return { market, notices: [...fetched, ...ageNotices(market, syncs, clock.now())] };
  };

  return {
    offers: async (query, caller) => {
      const { market, notices } = await ready(query, caller);
      return { ...queryOffers(market, query), notices };
    },
    offersCsv: async (query, caller) => exportCsv((await ready(query, caller)).market, query),
    best: async (query, caller) => {
      const { market, notices } = await ready(query, caller);
      return { ...queryBest(market, query), notices };
    },
    compare: async (query, caller) => {
      const { market, notices } = await ready(query, caller);
      return { ...queryCompare(market, query), notices };
    },
    rankForCluster: async (wanted, limit = CLUSTER_OFFERS, reference = null) => {
      const { market, notices } = await ready(askedBy(wanted), reference);
      const own = await ownRegions(reference, wanted.providers);
      const ranking = rankCluster(market, { ...wanted, ownRegions: own.regions }, limit);
      return { ...ranking, notices: [...notices, ...own.notices] };
    },
    sources: () => listSources(file.market(), syncs, clock.now()),
    regions: () => listRegions(file.market()),
    sync: async (request, signal, reference = null) => {
      const opened = await openAccounts(reference, request.providers ?? null);
      const account = { ...opened, reference };
      const until = AbortSignal.any([signal, closing.signal]);
      return syncMany({ syncs, account, request, signal: until, overridden, onEnd: warmUp });
    },
    import: async (input, source = IMPORT_SOURCE) => {
      refuseName(source);
      return importFile(file, clock, input, source).finally(warmUp);
    },
    refresh: async (signal) => {
      if (file.exists()) await refresh(AbortSignal.any([signal, closing.signal]));
    },
    close: () => {
      closing.abort();
      file.close();
    },
  };
};
