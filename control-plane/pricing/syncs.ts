import { got, PxError } from '../../protocol/errors.ts';
import type { SyncEvent } from '../../protocol/messages/pricing.ts';
import type { Clock } from '../clock.ts';
import type { CatalogDb } from '../db/open-catalog.ts';
import type { Log } from '../log.ts';
import { sweep } from './activate.ts';
import { wordsOf } from './sources/failure.ts';
import { createHttp } from './sources/http.ts';
import { PRICE_SOURCES, sourcesFor } from './sources/registry.ts';
import type { Accounts, PriceSource } from './sources/source.ts';
import type { SourceUrls } from './sources/urls.ts';
import { syncSource } from './sync-source.ts';

interface SyncDeps {
  db: () => CatalogDb;
  clock: Clock;
  log: Log;
  random: (count: number) => Uint8Array;
  fetch: typeof fetch;
  urls: SourceUrls;
  accounts: Accounts;
  retryBaseMs?: number;
  stallMs?: number;
}

interface SyncRequest {
  source: PriceSource;
  regions: readonly string[] | null;
  signal: AbortSignal;
  /** Tries of each request; a first query does not wait for long where there is no network. */
  attempts?: number;
  onEvent?: (event: SyncEvent) => void;
}

/** Syncs, one at a time of each source. */
export interface Syncs {
  /** Resolves when it has ended, either way; its last event says how. */
  run(request: SyncRequest): Promise<SyncEvent>;
  isRunning(source: string): boolean;
  /** What the last sync of a source failed with; null after a success. */
  problem(source: string): string | null;
}

/** `2026-08-31`. */
const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

const failureOf = (source: string, cause: unknown): SyncEvent => {
  const known = cause instanceof PxError ? cause : null;
  return {
    t: 'failed',
    source,
    code: known?.code ?? 'price_source_failed',
    message: known?.message ?? wordsOf(cause),
    hint: known?.hint ?? null,
  };
};

/** The lists to sync for these clouds; throws `bad_request` for one that has none. */
export const chooseSources = (
  accounts: Accounts,
  providers: readonly string[] | undefined,
): readonly PriceSource[] => {
  const usable = sourcesFor(accounts);
  if (providers === undefined) return usable;
  return providers.map((provider) => {
    const source = usable.find(({ cloud }) => cloud === provider);
    if (source !== undefined) return source;
    const hasList = PRICE_SOURCES.some(({ cloud }) => cloud === provider);
    if (hasList) {
      throw new PxError('bad_request', `The prices of ${provider} need an account.`, {
        hint: `Connect ${provider}, or import a list: px pricing import FILE.csv`,
      });
    }
    const clouds = [...new Set(PRICE_SOURCES.map(({ cloud }) => cloud))].join(', ');
    throw new PxError('bad_request', `Expected a provider (${clouds}), got ${got(provider)}.`);
  });
};

const attempt = async (deps: SyncDeps, request: SyncRequest): Promise<SyncEvent> => {
  const { source, regions, signal, onEvent = () => {} } = request;
  const { clock, random, urls, accounts, retryBaseMs, stallMs } = deps;
  let bytes = 0;
  const http = createHttp({
    ...{ fetch: deps.fetch, clock, random, signal },
    ...(retryBaseMs === undefined ? {} : { retryBaseMs }),
    ...(stallMs === undefined ? {} : { stallMs }),
    ...(request.attempts === undefined ? {} : { attempts: request.attempts }),
    onRetry: (message) => onEvent({ t: 'retry', source: source.name, message }),
    onBytes: (count) => {
      bytes += count;
    },
  });
  const db = deps.db();
  const now = (): number => clock.now();
  const context = { http, urls, accounts, today: dateOf(now()) };
  const { offers, skipped } = await syncSource({
    ...{ db, now, source, context, regions, signal, onEvent },
    bytes: () => bytes,
  });
  await sweep(db, now());
  return { t: 'done', source: source.name, offers, skipped };
};

export const createSyncs = (deps: SyncDeps): Syncs => {
  const running = new Map<string, Promise<SyncEvent>>();
  const problems = new Map<string, string>();
  const log = deps.log.child('pricing');

  const finish = async (request: SyncRequest): Promise<SyncEvent> => {
    const { name } = request.source;
    try {
      const done = await attempt(deps, request);
      problems.delete(name);
      log.info('Prices are synced.', done);
      return done;
    } catch (cause) {
      const failed = failureOf(name, cause);
      if (failed.t === 'failed') problems.set(name, failed.message);
      log.warn('Prices could not be synced.', failed);
      return failed;
    }
  };

  return {
    run: async (request) => {
      const { name } = request.source;
      for (let before = running.get(name); before !== undefined; before = running.get(name)) {
        await before;
      }
      const own = finish(request);
      running.set(name, own);
      const last = await own;
      running.delete(name);
      request.onEvent?.(last);
      return last;
    },
    isRunning: (source) => running.has(source),
    problem: (source) => problems.get(source) ?? null,
  };
};
