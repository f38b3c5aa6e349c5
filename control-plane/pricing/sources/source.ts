import { ANY_REGION, regionGroup } from '../../../protocol/regions.ts';
import type { SourceRow } from '../offer.ts';
import type { Http } from './http.ts';
import type { SourceUrls } from './urls.ts';

/** A bearer token for the cloud's API, fetched when it is needed. */
export type GetToken = () => Promise<string>;

/** One price of DescribeSpotPriceHistory, Linux/UNIX. */
interface SpotPrice {
  type: string;
  zone: string;
  usd: number;
}

/** Accounts that are connected, by cloud; a source without its account uses the public list or is left out. */
export interface Accounts {
  gcp?: { getToken: GetToken; project: string };
  aws?: { spotPrices: (region: string) => AsyncIterable<SpotPrice> };
  azure?: { getToken: GetToken; subscription: string };
  digitalocean?: { getToken: GetToken };
}

export interface SourceContext {
  http: Http;
  urls: SourceUrls;
  accounts: Accounts;
  /** `2026-08-31`: date of prices that carry none. */
  today: string;
}

/** One sync of a source, opened: which parts there are, and their rows. */
export interface Session {
  /** Regions, or one part named '' where the list is one file. */
  parts: readonly string[];
  /** Whether these parts are everything that the source has. */
  whole: boolean;
  rows(part: string): AsyncIterable<SourceRow>;
}

/** A price list of one cloud. Adding one is a file here and a row in registry.ts. */
export interface PriceSource {
  name: string;
  cloud: string;
  /** `api` beats `list` where both know an offer. */
  kind: 'api' | 'list';
  needsAccount: boolean;
  /** Parts that a query on an empty catalog fetches where it names no region; null: all. */
  firstParts: readonly string[] | null;
  isAvailable(accounts: Accounts): boolean;
  /** `regions`: names or groups; null: all. */
  open(context: SourceContext, regions: readonly string[] | null): Promise<Session>;
}

/** Whether a region is among those asked for, by name or by group. */
export const isWanted = (
  cloud: string,
  region: string,
  regions: readonly string[] | null,
): boolean => {
  if (regions === null || regions.includes(ANY_REGION) || regions.includes(region)) return true;
  const group = regionGroup(cloud, region);
  return group !== null && regions.includes(group);
};
