import { join } from 'node:path';
import type { Readable } from 'node:stream';
import {
  IMPORT_SOURCE,
  type ImportReply,
  type SyncEvent,
} from '../../protocol/messages/pricing.ts';
import { isHomeRegion } from '../../protocol/regions.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { activate, sweep } from './activate.ts';
import { type CatalogFile, createCatalogFile } from './catalog-file.ts';
import { checkNames } from './check-names.ts';
import { exportCsv } from './export-csv.ts';
import { type Asked, createFirstSync } from './first-sync.ts';
import { ageNotices, listRegions, listSources } from './listings.ts';
import type { Market } from './market.ts';
import type { ClusterRanking, Pricing } from './pricing.ts';
import { nothingFits, queryBest, queryCompare, queryOffers } from './queries.ts';
import { createQueue } from './queue.ts';
import { readImport } from './read-import.ts';
import { createRefresh } from './refresh.ts';
import type { Requirements } from './requirements.ts';
import { passedOver, rank } from './select.ts';
import { refuseName } from './source-names.ts';
import type { Accounts } from './sources/source.ts';
import { type UrlOverrides, urlsWith } from './sources/urls.ts';
import { stagePart } from './stage.ts';
import { chooseSources, createSyncs, type Syncs } from './syncs.ts';
import { viewPassed, viewRanked } from './views.ts';

interface PricingOptions {
  /** Folder of `catalog.db`. */
  dataDir: string;
  clock: Clock;
  log: Log;
  random: (count: number) => Uint8Array;
  fetch: typeof fetch;
  urls?: UrlOverrides;
  accounts?: Accounts;
  retryBaseMs?: number;
  stallMs?: number;
}

const CLUSTER_OFFERS = 100;
const PASSED_SHOWN = 10;
const PASSED_LOOKED_AT = 100;

const rankCluster = (
  market: Market,
  wanted: Requirements,
  limit: number,
): Omit<ClusterRanking, 'notices'> => {
  const entries = rank(market, wanted, { limit });
  if (entries.length === 0) throw nothingFits(market, wanted);
  const best = entries[0]?.total ?? Number.POSITIVE_INFINITY;
  const { offers } = passedOver(market, wanted, best, PASSED_LOOKED_AT);
  // Who named a provider knows that the others are out.
  const passed = offers
    .map((each) => viewPassed(market, wanted, each))
    .filter(({ cloud }) => wanted.providers?.includes(cloud) ?? true);
  return {
    offers: entries.map((entry) => viewRanked(market, wanted, entry)),
    passed: passed.slice(0, PASSED_SHOWN),
  };
};

const importFile = async (
  file: CatalogFile,
  clock: Clock,
  input: Readable,
  source: string,
): Promise<ImportReply> => {
  const db = file.db();
  const now = (): number => clock.now();
  const asOf = new Date(now()).toISOString().slice(0, 10);
  const rows = readImport(input, { source, asOf, spotAsOf: '' });
  const staged = await stagePart(db, now, { source, part: '' }, rows);
  const { revision, offers, repeated, withoutPrice } = staged;
  activate(db, { name: source, kind: 'import', syncedAt: now() }, [{ part: '', revision }], true);
  await sweep(db, now());
  return { source, offers, repeated, without_price: withoutPrice };
};

const syncMany = (
  syncs: Syncs,
  accounts: Accounts,
  request: Parameters<Pricing['sync']>[0],
  signal: AbortSignal,
): AsyncIterable<SyncEvent> => {
  const sources = chooseSources(accounts, request.providers);
  const queue = createQueue<SyncEvent>();
  const regions = request.regions ?? null;
  const runs = sources.map((source) => syncs.run({ source, regions, signal, onEvent: queue.push }));
  void Promise.all(runs).finally(queue.end);
  return queue;
};

export const createPricing = (options: PricingOptions): Pricing => {
  const { clock, accounts = {} } = options;
  const file = createCatalogFile(join(options.dataDir, 'catalog.db'), options.log.child('pricing'));
  const closing = new AbortController();
  const urls = urlsWith(options.urls ?? {});
  const syncs = createSyncs({ ...options, db: file.db, urls, accounts });
  const refresh = createRefresh({ db: file.db, clock, accounts, syncs });
  const isEmpty = (): boolean => file.market().catalog.size === 0;
  const firstSync = createFirstSync(syncs, accounts, closing.signal, isEmpty);

  /** The market to ask, filled first where it is empty, and what a person should know of it. */
  const ready = async (asked: Asked): Promise<{ market: Market; notices: string[] }> => {
    const fetched = await firstSync(asked);
    const market = file.market();
    checkNames(market, asked);
    return { market, notices: [...fetched, ...ageNotices(market, syncs, clock.now())] };
  };

  return {
    offers: async (query) => {
      const { market, notices } = await ready(query);
      return { ...queryOffers(market, query), notices };
    },
    offersCsv: async (query) => exportCsv((await ready(query)).market, query),
    best: async (query) => {
      const { market, notices } = await ready(query);
      return { ...queryBest(market, query), notices };
    },
    compare: async (query) => {
      const { market, notices } = await ready(query);
      return { ...queryCompare(market, query), notices };
    },
    rankForCluster: async (wanted, limit = CLUSTER_OFFERS) => {
      // A home region that the catalog lacks is no slip of the finger: there is no offer then.
      const regions = wanted.regions?.filter((region) => !isHomeRegion(region)) ?? [];
      const asked = {
        provider: wanted.providers ?? undefined,
        region: regions.length > 0 ? regions : undefined,
      };
      const { market, notices } = await ready(asked);
      return { ...rankCluster(market, wanted, limit), notices };
    },
    sources: () => listSources(file.market(), syncs, clock.now()),
    regions: () => listRegions(file.market()),
    sync: (request, signal) =>
      syncMany(syncs, accounts, request, AbortSignal.any([signal, closing.signal])),
    import: (input, source = IMPORT_SOURCE) => {
      refuseName(source);
      return importFile(file, clock, input, source);
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
