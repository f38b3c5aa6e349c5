import { Readable } from 'node:stream';
import type { ReadableStream as NodeStream } from 'node:stream/web';
import { ACCOUNT_HEADER, decodeAccount } from '../../protocol/accounts.ts';
import type { SyncEvent } from '../../protocol/messages/pricing.ts';
import type { Deps } from '../deps.ts';
import type { Handlers } from '../handler.ts';
import type { Caller } from '../pricing/pricing.ts';
import { clusterRequirements } from '../pricing/requirements.ts';

type PricingRoutes =
  | 'pricingOffers'
  | 'pricingOffersCsv'
  | 'pricingBest'
  | 'pricingCompare'
  | 'pricingCluster'
  | 'pricingSources'
  | 'pricingRegions'
  | 'pricingSync'
  | 'pricingImport';

async function* encoded(pieces: Iterable<string> | AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) yield Buffer.from(piece);
}

/** As many as somebody reads; the rest are for the day when these are sold out. */
const CLUSTER_OFFERS_SHOWN = 10;

const textStream = (pieces: Iterable<string> | AsyncIterable<string>, type: string): Response => {
  const body = Readable.toWeb(Readable.from(encoded(pieces), { objectMode: false }));
  return new Response(body as unknown as ReadableStream<Uint8Array>, {
    headers: { 'content-type': type },
  });
};

async function* lines(events: AsyncIterable<SyncEvent>): AsyncGenerator<string> {
  for await (const event of events) yield `${JSON.stringify(event)}\n`;
}

const callerOf = (headers: Headers): Caller => decodeAccount(headers.get(ACCOUNT_HEADER));

const readableOf = (body: ReadableStream<Uint8Array>): Readable =>
  Readable.fromWeb(body as NodeStream<Uint8Array>);

/** Questions to the price catalog, and what fills it. */
export const pricingHandlers = ({ pricing }: Deps): Pick<Handlers, PricingRoutes> => ({
  pricingOffers: async ({ query, headers }) => pricing.offers(query, callerOf(headers)),
  pricingOffersCsv: async ({ query, headers }) =>
    textStream(await pricing.offersCsv(query, callerOf(headers)), 'text/csv; charset=utf-8'),
  pricingBest: async ({ query, headers }) => pricing.best(query, callerOf(headers)),
  pricingCompare: async ({ query, headers }) => pricing.compare(query, callerOf(headers)),
  pricingCluster: async ({ query, headers }) => {
    const limit = query.limit ?? CLUSTER_OFFERS_SHOWN;
    const wanted = clusterRequirements(query);
    const ranking = await pricing.rankForCluster(wanted, limit, callerOf(headers));
    const { offers, passed, notices } = ranking;
    return { offers: [...offers], passed_over: [...passed], notices: [...notices] };
  },
  pricingSources: async () => ({ items: pricing.sources(), next: null }),
  pricingRegions: async () => ({ items: pricing.regions(), next: null }),
  pricingSync: async ({ json, headers, signal }) => {
    const events = await pricing.sync(json, signal, callerOf(headers));
    return textStream(lines(events), 'application/x-ndjson');
  },
  pricingImport: ({ query, body }) => pricing.import(readableOf(body()), query.source),
});
