import type { AccountReference } from '../../protocol/accounts.ts';
import { PxError } from '../../protocol/errors.ts';
import type { SyncEvent } from '../../protocol/messages/pricing.ts';
import { ANY_REGION } from '../../protocol/regions.ts';
import type { OpenAccounts } from '../accounts/open-accounts.ts';
import type { Clock } from '../clock.ts';
import { sourcesFor } from './sources/registry.ts';
import type { PriceSource } from './sources/source.ts';
import { NO_ACCOUNT, type Syncs } from './syncs.ts';

/** A network that swallows all of it is no reason to wait for minutes: the lists go on coming meanwhile. */
const FIRST_WAIT_MS = 20_000;

/** Without a network a first query fails after a second or two, not after a minute. */
const FIRST_ATTEMPTS = 2;

/** What a query names, if anything. */
export interface Asked {
  provider?: readonly string[] | undefined;
  region?: readonly string[] | undefined;
}

/** A list that is one file is read whole: then a region that it lacks is told from its names. */
const regionsFor = ({ firstParts }: PriceSource, { region }: Asked): readonly string[] | null =>
  region === undefined || region.includes(ANY_REGION) || firstParts === null ? firstParts : region;

const WITHOUT_NETWORK =
  'Without a network: px pricing import FILE.csv (examples/pricing/offers.csv, for one)';

const empty = (failures: readonly SyncEvent[]): PxError => {
  const words = failures.flatMap((each) => (each.t === 'failed' ? [each.message] : []));
  const why = words.length > 0 ? words.join(' ') : 'The clouds asked for need an account.';
  return new PxError(
    'catalog_empty',
    `There are no prices yet, and none could be fetched. ${why}`,
    { hint: WITHOUT_NETWORK },
  );
};

const stillFetching = (sources: readonly PriceSource[]): PxError =>
  new PxError(
    'catalog_empty',
    `There are no prices yet: still fetching ${sources.map(({ name }) => name).join(', ')}.`,
    { hint: `Ask again in a while. ${WITHOUT_NETWORK}` },
  );

interface FirstSyncDeps {
  syncs: Syncs;
  openAccounts: OpenAccounts;
  clock: Pick<Clock, 'sleep'>;
  isEmpty: () => boolean;
}

/**
 * The first query on an empty catalog: fetches what needs no account, of the clouds and regions that
 * were asked for, and goes on as soon as one list is there. Resolves to what a person should know.
 */
export const createFirstSync = (
  { syncs, openAccounts, clock, isEmpty }: FirstSyncDeps,
  signal: AbortSignal,
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
    const fetched = Promise.any(
      runs.map(async (run) => {
        const last = await run;
        if (last.t === 'done' && last.offers > 0) return last;
        failures.push(last);
        throw new Error(last.t);
      }),
    ).catch(() => null);
    const over = new AbortController();
    const waited = clock.sleep(FIRST_WAIT_MS, over.signal).then(() => undefined);
    const first = await Promise.race([fetched, waited]).finally(() => over.abort());
    if (first === null) throw empty(failures);
    if (first === undefined) throw stillFetching(sources);
    const others = sources.filter(({ name }) => syncs.isRunning(name)).map(({ name }) => name);
    const still = others.length === 0 ? '' : ` Still fetching: ${others.join(', ')}.`;
    return [`There were no prices yet: fetched ${first.source}.${still}`];
  };
};
