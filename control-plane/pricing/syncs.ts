import { ACCOUNT_VARIABLES, type AccountReference } from '../../protocol/accounts.ts';
import { PxError } from '../../protocol/errors.ts';
import type { SyncEvent } from '../../protocol/messages/pricing.ts';
import type { Opened } from '../accounts/accounts.ts';
import type { Clock } from '../clock.ts';
import type { CatalogDb } from '../db/open-catalog.ts';
import type { Log } from '../log.ts';
import { sweep, sweepDead } from './activate.ts';
import { isRefused, wordsOf } from './sources/failure.ts';
import { createHttp } from './sources/http.ts';
import type { PriceSource } from './sources/source.ts';
import type { SourceUrls } from './sources/urls.ts';
import { syncSource } from './sync-source.ts';

interface SyncDeps {
  db: () => CatalogDb;
  clock: Clock;
  log: Log;
  random: (count: number) => Uint8Array;
  fetch: typeof fetch;
  urls: SourceUrls;
  retryBaseMs?: number;
  stallMs?: number;
}

interface SyncRequest {
  source: PriceSource;
  account: UsedAccount;
  regions: readonly string[] | null;
  signal: AbortSignal;
  /** Tries of each request; a first query does not wait for long where there is no network. */
  attempts?: number;
  onEvent?: (event: SyncEvent) => void;
}

/** The accounts to read with, and where they are found again. */
export interface UsedAccount extends Opened {
  reference: AccountReference | null;
}

/** Lists that anybody may read. */
export const NO_ACCOUNT: UsedAccount = { accounts: {}, problems: [], reference: null };

/** What is kept of a reference: neither secrets nor proxies, whose addresses may hold a password. */
const kept = (reference: AccountReference | null): string | null => {
  if (reference === null) return null;
  const names: ReadonlySet<string> = new Set(ACCOUNT_VARIABLES);
  return JSON.stringify({
    env: Object.fromEntries(Object.entries(reference.env).filter(([name]) => names.has(name))),
  });
};

/** Syncs, one at a time of each source. */
export interface Syncs {
  /** Resolves when it has ended, either way; its last event says how. */
  run(request: SyncRequest): Promise<SyncEvent>;
  isRunning(source: string): boolean;
  /** What the last sync of a source failed with; null after a success. */
  problem(source: string): string | null;
  /** A source that cannot even be tried, and why. */
  setProblem(source: string, words: string): void;
}

/** `2026-08-31`. */
const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

const failureOf = ({ name, connect }: PriceSource, cause: unknown): SyncEvent => {
  const known = cause instanceof PxError ? cause : null;
  const again = connect !== undefined && isRefused(cause) ? `Connect it anew: ${connect}` : null;
  return {
    t: 'failed',
    source: name,
    code: known?.code ?? 'price_source_failed',
    message: known?.message ?? wordsOf(cause),
    hint: again ?? known?.hint ?? null,
  };
};

const attempt = async (deps: SyncDeps, request: SyncRequest): Promise<SyncEvent> => {
  const { source, regions, signal, onEvent = () => {} } = request;
  const { accounts, reference } = request.account;
  const { clock, random, urls, retryBaseMs, stallMs } = deps;
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
  const notice = (message: string): void => onEvent({ t: 'notice', source: source.name, message });
  const context = { http, urls, accounts, now, today: dateOf(now()), notice };
  await sweepDead(db, now());
  // A list that needed no account is refreshed without one.
  const account = source.cloud in accounts ? kept(reference) : null;
  const { offers, skipped } = await syncSource({
    ...{ db, now, source, context, regions, signal, onEvent, account },
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
      const failed = failureOf(request.source, cause);
      // That its caller went away says nothing of the source.
      if (request.signal.aborted) {
        log.info('A sync was ended.', { source: name });
        return failed;
      }
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
    setProblem: (source, words) => void problems.set(source, words),
  };
};
