import { Readable } from 'node:stream';
import type { ReadableStream as NodeStream } from 'node:stream/web';
import { ACCOUNT_HEADER, decodeAccount } from '../../protocol/accounts.ts';
import type { SyncEvent } from '../../protocol/messages/pricing.ts';
import type { Deps } from '../deps.ts';
import type { Handlers } from '../handler.ts';
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

const readableOf = (body: ReadableStream<Uint8Array>): Readable =>
  Readable.fromWeb(body as NodeStream<Uint8Array>);

/** Questions to the price catalog, and what fills it. */
export const pricingHandlers = ({ pricing }: Deps): Pick<Handlers, PricingRoutes> => ({
  pricingOffers: ({ query }) => pricing.offers(query),
  pricingOffersCsv: async ({ query }) =>
    textStream(await pricing.offersCsv(query), 'text/csv; charset=utf-8'),
  pricingBest: ({ query }) => pricing.best(query),
  pricingCompare: ({ query }) => pricing.compare(query),
  pricingCluster: async ({ query, headers }) => {
    const limit = query.limit ?? CLUSTER_OFFERS_SHOWN;
    const wanted = clusterRequirements(query);
    const account = decodeAccount(headers.get(ACCOUNT_HEADER));
    const { offers, passed, notices } = await pricing.rankForCluster(wanted, limit, account);
    return { offers: [...offers], passed_over: [...passed], notices: [...notices] };
  },
  pricingSources: async () => ({ items: pricing.sources(), next: null }),
  pricingRegions: async () => ({ items: pricing.regions(), next: null }),
  pricingSync: async ({ json, headers, signal }) => {
    const account = decodeAccount(headers.get(ACCOUNT_HEADER));
    return textStream(lines(await pricing.sync(json, signal, account)), 'application/x-ndjson');
  },
  pricingImport: ({ query, body }) => pricing.import(readableOf(body()), query.source),
});
