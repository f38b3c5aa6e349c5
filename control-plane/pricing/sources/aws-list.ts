import * as z from 'zod';
import { PxError } from '../../../protocol/errors.ts';
import { readAwsRegions } from '../account-regions/aws.ts';
import { readCsv } from '../csv.ts';
import type { OfferRow, SourceRow } from '../offer.ts';
import { readSpotHistory } from './aws-history.ts';
import { awsReader } from './aws-rows.ts';
import { type ByRegion, readInterruptions, readSpotPrices } from './aws-spot.ts';
import { sourceFailed } from './failure.ts';
import { isWanted, type PriceSource, type Session, type SourceContext } from './source.ts';

/** Lines above the header: format, disclaimer, publication date, version, offer code. */
const PREAMBLE_LINES = 5;
/** One line in eight; the others are reservations. */
const ON_DEMAND = 'OnDemand';
const OFFERS = '/offers/v1.0/aws/AmazonEC2/current';

const RegionIndex = z.object({ regions: z.record(z.string(), z.unknown()) });

/** What belongs to other partitions of AWS: accounts of the public one cannot go there. */
const isPublic = (region: string): boolean => !/^(cn|us-gov|us-iso)/.test(region);

interface Spot {
  /** Regions whose spot prices the account can see. */
  own: readonly string[];
  prices: ByRegion<number>;
  interruptions: ByRegion<string>;
}

/** Without the right to see them, the public prices are good enough. */
const unlessRefused = async <T>({ notice }: SourceContext, ask: Promise<T>, none: T): Promise<T> =>
  ask.catch((cause: unknown) => {
    if (!(cause instanceof PxError)) throw cause;
    notice(`Spot prices of AWS are the public ones. ${cause.message}`);
    return none;
  });

/** Regions that the account has: the API of any other one refuses it. */
const ownRegions = (context: SourceContext): Promise<string[]> =>
  context.accounts.aws === undefined
    ? Promise.resolve([])
    : unlessRefused(context, readAwsRegions(context), []);

const withSpot = async (
  context: SourceContext,
  { prices, interruptions, own }: Spot,
  region: string,
) => {
  const none: ReadonlyMap<string, number> = new Map();
  const ofAccount = own.includes(region)
    ? await unlessRefused(context, readSpotHistory(context, region), none)
    : none;
  return (offer: OfferRow): OfferRow => {
    const spotPrice =
      ofAccount.get(offer.type.name) ?? prices.get(region)?.get(offer.type.name) ?? null;
    return {
      ...offer,
      spotPrice,
      interruption: interruptions.get(region)?.get(offer.type.name) ?? '',
    };
  };
};

async function* readRegion(
  context: SourceContext,
  spot: Spot,
  region: string,
): AsyncGenerator<SourceRow> {
  const url = `${context.urls.awsPrices}${OFFERS}/${region}/index.csv`;
  const { host } = new URL(url);
  const origin = { source: 'AWS price list', asOf: context.today, spotAsOf: context.today };
  const addSpot = await withSpot(context, spot, region);
  const lines = readCsv(context.http.csv(url), {
    preamble: PREAMBLE_LINES,
    needle: ON_DEMAND,
    columns: (header) => awsReader(header, host, region, origin),
    damaged: (message) => sourceFailed(host, message),
  });
  for await (const row of lines) yield 'offer' in row ? { offer: addSpot(row.offer) } : row;
}

const openSession = async (
  context: SourceContext,
  regions: readonly string[] | null,
): Promise<Session> => {
  const index = await context.http.json(
    `${context.urls.awsPrices}${OFFERS}/region_index.json`,
    RegionIndex,
  );
  const all = Object.keys(index.regions).filter(isPublic).sort();
  const parts = all.filter((region) => isWanted('aws', region, regions));
  const spot: Spot = {
    own: await ownRegions(context),
    prices: await readSpotPrices(context),
    interruptions: await readInterruptions(context),
  };
  return {
    parts,
    whole: parts.length === all.length,
    rows: (region) => readRegion(context, spot, region),
  };
};

/** AWS's price list, a CSV of hundreds of megabytes for each region, and its public spot prices. */
export const awsList: PriceSource = {
  name: 'aws-list',
  cloud: 'aws',
  kind: 'list',
  needsAccount: false,
  // All regions together are ten gigabytes: a first query waits for one.
  firstParts: ['us-east-1'],
  isAvailable: () => true,
  open: openSession,
};
