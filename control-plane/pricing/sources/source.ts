import { ANY_REGION, regionGroup } from '../../../protocol/regions.ts';
import type { Accounts } from '../../accounts/accounts.ts';
import type { SourceRow } from '../offer.ts';
import type { Http } from './http.ts';
import type { SourceUrls } from './urls.ts';

/** What a request to a cloud's API takes. */
export interface AccountContext {
  http: Http;
  urls: SourceUrls;
  /** A source without its account uses the public list, or is left out. */
  accounts: Accounts;
}

export interface SourceContext extends AccountContext {
  /** Milliseconds since 1970. */
  now: () => number;
  /** `2026-08-31`: date of prices that carry none. */
  today: string;
  /** Says what a person should know and the sync goes on with. */
  notice: (message: string) => void;
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
  /** How somebody comes by the account, where it needs one. */
  connect?: string;
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
