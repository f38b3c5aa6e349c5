import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { AccountIo, Accounts } from '../../control-plane/accounts/accounts.ts';
import { openAws } from '../../control-plane/accounts/aws.ts';
import type { OpenAccounts } from '../../control-plane/accounts/open-accounts.ts';
import type { Clock } from '../../control-plane/clock.ts';
import { createPricing } from '../../control-plane/pricing/create-pricing.ts';
import type { OfferRow, RateRow, SourceRow } from '../../control-plane/pricing/offer.ts';
import type { Pricing } from '../../control-plane/pricing/pricing.ts';
import { createHttp } from '../../control-plane/pricing/sources/http.ts';
import type { PriceSource, SourceContext } from '../../control-plane/pricing/sources/source.ts';
import { OffersQuery, type SyncEvent } from '../../protocol/messages/pricing.ts';
import { AWS_KEYS } from '../emulators/pricing/ec2.ts';
import type { Cloud } from '../emulators/pricing/server.ts';
import type { Cleanup } from './control-plane.ts';
import { realClock } from './manual-clock.ts';
import { silentLog } from './stand-ins.ts';

type PricingOptions = Parameters<typeof createPricing>[0];
type HttpOptions = Parameters<typeof createHttp>[0];

/** Retries without the waiting. */
const IMPATIENT = { retryBaseMs: 1, stallMs: 5000 };

const random = (count: number): Uint8Array => randomBytes(count);

export const makeFolder = (t: Cleanup): string => {
  const folder = mkdtempSync(join(tmpdir(), 'px-pricing-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export const testHttp = (over: Partial<HttpOptions> = {}) =>
  createHttp({
    ...{ fetch, clock: realClock, random, signal: new AbortController().signal },
    ...IMPATIENT,
    ...over,
  });

export const TODAY = '2026-08-31';

export const contextOf = (
  cloud: Cloud,
  accounts: Accounts = {},
  notices: string[] = [],
): SourceContext => ({
  ...{ http: testHttp(), urls: cloud.urls, accounts, today: TODAY },
  now: () => Date.parse(TODAY),
  notice: (message) => notices.push(message),
});

interface Listing {
  parts: readonly string[];
  whole: boolean;
  offers: OfferRow[];
  rates: RateRow[];
  skipped: string[];
}

/** Everything that a source gives. */
export const readSource = async (
  source: PriceSource,
  context: SourceContext,
  regions: readonly string[] | null = null,
): Promise<Listing> => {
  const session = await source.open(context, regions);
  const rows: SourceRow[] = [];
  for (const part of session.parts) for await (const row of session.rows(part)) rows.push(row);
  return {
    parts: session.parts,
    whole: session.whole,
    offers: rows.flatMap((row) => ('offer' in row ? [row.offer] : [])),
    rates: rows.flatMap((row) => ('rate' in row ? [row.rate] : [])),
    skipped: rows.flatMap((row) => ('skipped' in row ? [row.skipped] : [])),
  };
};

export interface TestPricing extends Pricing {
  folder: string;
  importCsv(text: string | Uint8Array, source?: string): ReturnType<Pricing['import']>;
  /** Runs a sync to its end. */
  synced(request?: Parameters<Pricing['sync']>[0], signal?: AbortSignal): Promise<SyncEvent[]>;
}

/** A price catalog in a folder of its own; its lists are those of `cloud`, or nowhere. */
export const createTestPricing = (
  t: Cleanup,
  cloud: Cloud | null = null,
  over: Partial<PricingOptions> & { clock?: Clock } = {},
): TestPricing => {
  const folder = over.dataDir ?? makeFolder(t);
  const offline = (): Promise<Response> => Promise.reject(new TypeError('fetch failed'));
  const pricing = createPricing({
    ...{ dataDir: folder, clock: realClock, log: silentLog, random },
    ...{ fetch: cloud === null ? offline : fetch, urls: cloud?.urls ?? {} },
    ...IMPATIENT,
    ...over,
  });
  t.after(pricing.close);
  return {
    ...pricing,
    folder,
    importCsv: (text, source) =>
      pricing.import(Readable.from([Buffer.from(text)], { objectMode: false }), source),
    synced: async (request = {}, signal = new AbortController().signal) => {
      const events: SyncEvent[] = [];
      for await (const event of await pricing.sync(request, signal)) events.push(event);
      return events;
    },
  };
};

/** Accounts that are there whatever the caller refers to. */
export const connected =
  (accounts: Accounts): OpenAccounts =>
  async () => ({ accounts, problems: [] });

/** What finding accounts takes, with nothing to be found. */
export const accountIo = (over: Partial<AccountIo> = {}): AccountIo => ({
  env: { HOME: '/nonexistent' },
  ownIdentity: false,
  fetch,
  now: () => Date.parse(TODAY),
  run: () => Promise.reject(new Error('there is no such program')),
  urls: { googleToken: '', azureLogin: '', azureMetadata: '' },
  ...over,
});

/** The account whose keys the EC2 emulator knows. */
export const awsAccount = async (): Promise<Accounts> => {
  const env = { AWS_ACCESS_KEY_ID: AWS_KEYS.id, AWS_SECRET_ACCESS_KEY: AWS_KEYS.secret };
  const aws = await openAws(accountIo({ env }));
  return aws === null ? {} : { aws };
};

/** A query as it comes out of a URL. */
export const queryOf = (text: string): OffersQuery =>
  OffersQuery.parse(Object.fromEntries(new URLSearchParams(text)));
