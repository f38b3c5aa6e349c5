import type { AccountReference } from '../../protocol/accounts.ts';
import { PxError } from '../../protocol/errors.ts';
import type { SyncEvent } from '../../protocol/messages/pricing.ts';
import { ANY_REGION } from '../../protocol/regions.ts';
import type { OpenAccounts } from '../accounts/open-accounts.ts';
import { sourcesFor } from './sources/registry.ts';
import type { PriceSource } from './sources/source.ts';
import { NO_ACCOUNT, type Syncs } from './syncs.ts';

/** Without a network a first query fails after a second or two, not after a minute. */
const FIRST_ATTEMPTS = 2;

/** What a query names, if anything. */
export interface Asked {
  provider?: readonly string[] | undefined;
  region?: readonly string[] | undefined;
}

const regionsFor = (source: PriceSource, { region }: Asked): readonly string[] | null =>
  region === undefined || region.includes(ANY_REGION) ? source.firstParts : region;

const empty = (failures: readonly SyncEvent[]): PxError => {
  const words = failures.flatMap((each) => (each.t === 'failed' ? [each.message] : []));
  const why = words.length > 0 ? words.join(' ') : 'The clouds asked for need an account.';
  return new PxError(
    'catalog_empty',
    `There are no prices yet, and none could be fetched. ${why}`,
    {
      hint: 'Without a network: px pricing import FILE.csv (examples/pricing/offers.csv, for one)',
    },
  );
};

/**
 * The first query on an empty catalog: fetches what needs no account, of the clouds and regions that
 * were asked for, and goes on as soon as one list is there. Resolves to what a person should know.
 */
export const createFirstSync = (
  syncs: Syncs,
  openAccounts: OpenAccounts,
  signal: AbortSignal,
  isEmpty: () => boolean,
) => {
  const started = new Map<string, Promise<SyncEvent>>();
  const start = (source: PriceSource, asked: Asked): Promise<SyncEvent> => {
    const key = `${source.name} ${regionsFor(source, asked)?.join() ?? ''}`;
    const known = started.get(key);
    if (known !== undefined) return known;
    const regions = regionsFor(source, asked);
    const request = { source, account: NO_ACCOUNT, regions, signal, attempts: FIRST_ATTEMPTS };
    const run = syncs.run(request).finally(() => {
      started.delete(key);
    });
    started.set(key, run);
    return run;
  };
  return async (asked: Asked, caller: AccountReference | null): Promise<string[]> => {
    if (!isEmpty()) return [];
    // None of its accounts is needed, but its way out of the network may be another one than ours.
    if (caller !== null) await openAccounts(caller, []);
    const sources = sourcesFor(NO_ACCOUNT.accounts).filter(
      ({ cloud }) => asked.provider?.includes(cloud) ?? true,
    );
    const runs = sources.map((source) => start(source, asked));
    const failures: SyncEvent[] = [];
    const first = await Promise.any(
      runs.map(async (run) => {
        const last = await run;
        if (last.t === 'done' && last.offers > 0) return last;
        failures.push(last);
        throw new Error(last.t);
      }),
    ).catch(() => null);
    if (first === null) throw empty(failures);
    const others = sources.filter(({ name }) => syncs.isRunning(name)).map(({ name }) => name);
    const still = others.length === 0 ? '' : ` Still fetching: ${others.join(', ')}.`;
    return [`There were no prices yet: fetched ${first.source}.${still}`];
  };
};
