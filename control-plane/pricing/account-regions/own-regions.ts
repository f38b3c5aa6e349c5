import type { AccountReference } from '../../../protocol/accounts.ts';
import { PxError } from '../../../protocol/errors.ts';
import type { Accounts } from '../../accounts/accounts.ts';
import type { OpenAccounts } from '../../accounts/open-accounts.ts';
import type { Clock } from '../../clock.ts';
import { createHttp } from '../sources/http.ts';
import type { AccountContext } from '../sources/source.ts';
import type { SourceUrls } from '../sources/urls.ts';
import { readAwsRegions } from './aws.ts';
import { readAzureRegions } from './azure.ts';
import { readDigitalOceanRegions } from './digitalocean.ts';
import { readGcpRegions } from './gcp.ts';

const READERS: { [Cloud in keyof Accounts]-?: (context: AccountContext) => Promise<string[]> } = {
  gcp: readGcpRegions,
  aws: readAwsRegions,
  azure: readAzureRegions,
  digitalocean: readDigitalOceanRegions,
};

/** Regions change a few times a year; somebody who opts into one and tries again waits no longer. */
const KEPT_MS = 600_000;

/** Somebody waits for the plan of a cluster: an account that does not answer is named, and that is that. */
const ATTEMPTS = 2;

/** Regions by cloud, for the clouds whose account could say. */
type OwnRegions = ReadonlyMap<string, ReadonlySet<string>>;

interface Kept {
  at: number;
  regions: ReadonlySet<string>;
}

interface OwnRegionsDeps {
  clock: Clock;
  random: (count: number) => Uint8Array;
  fetch: typeof fetch;
  urls: SourceUrls;
  openAccounts: OpenAccounts;
  signal: AbortSignal;
  retryBaseMs?: number;
}

/**
 * Finds the regions that the caller's accounts of some clouds (null: of all) have, and keeps them for a
 * while. An account that cannot say is a notice: a ranking with a region too many is better than none.
 */
export const createOwnRegions = (deps: OwnRegionsDeps) => {
  const { clock, openAccounts, urls } = deps;
  const kept = new Map<string, Kept>();
  const ask = async (
    context: AccountContext,
    cloud: keyof Accounts,
    who: string,
  ): Promise<ReadonlySet<string>> => {
    const key = `${cloud} ${who}`;
    const known = kept.get(key);
    if (known !== undefined && clock.now() - known.at < KEPT_MS) return known.regions;
    const regions = new Set(await READERS[cloud](context));
    kept.set(key, { at: clock.now(), regions });
    return regions;
  };
  return async (
    reference: AccountReference | null,
    clouds: readonly string[] | null,
  ): Promise<{ regions: OwnRegions; notices: string[] }> => {
    const { accounts, problems } = await openAccounts(reference, clouds);
    const context = { http: createHttp({ ...deps, attempts: ATTEMPTS }), urls, accounts };
    const who = JSON.stringify(reference?.env ?? {});
    const regions = new Map<string, ReadonlySet<string>>();
    const notices = problems.map(({ message }) => message);
    const read = async (cloud: keyof Accounts): Promise<void> => {
      try {
        regions.set(cloud, await ask(context, cloud, who));
      } catch (cause) {
        if (!(cause instanceof PxError)) throw cause;
        notices.push(`Which regions your account of ${cloud} has is not known. ${cause.message}`);
      }
    };
    await Promise.all((Object.keys(accounts) as (keyof Accounts)[]).map(read));
    return { regions, notices };
  };
};
