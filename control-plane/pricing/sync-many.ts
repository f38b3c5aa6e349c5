import { got, PxError } from '../../protocol/errors.ts';
import type { PricingSync, SyncEvent } from '../../protocol/messages/pricing.ts';
import { createQueue } from './queue.ts';
import { listInsteadOf, PRICE_SOURCES, sourcesFor } from './sources/registry.ts';
import type { PriceSource } from './sources/source.ts';
import type { Syncs, UsedAccount } from './syncs.ts';

const needsAccount = (provider: string, { problems }: UsedAccount): PxError => {
  const source = PRICE_SOURCES.find(({ cloud }) => cloud === provider);
  if (source === undefined) {
    const clouds = [...new Set(PRICE_SOURCES.map(({ cloud }) => cloud))].join(', ');
    return new PxError('bad_request', `Expected a provider (${clouds}), got ${got(provider)}.`);
  }
  const problem = problems.find(({ cloud }) => cloud === provider);
  const hint = `Connect it: ${source.connect}. Or import a list: px pricing import FILE.csv`;
  return problem === undefined
    ? new PxError('bad_request', `The prices of ${provider} need an account.`, { hint })
    : new PxError('bad_request', problem.message, { hint: problem.hint ?? hint });
};

/** The lists to sync for these clouds; throws `bad_request` for one that has none. */
const chooseSources = (
  account: UsedAccount,
  providers: readonly string[] | undefined,
): readonly PriceSource[] => {
  const usable = sourcesFor(account.accounts);
  if (providers === undefined) return usable;
  return [...new Set(providers)].map((provider) => {
    const source = usable.find(({ cloud }) => cloud === provider);
    if (source === undefined) throw needsAccount(provider, account);
    return source;
  });
};

interface SyncManyOptions {
  syncs: Syncs;
  account: UsedAccount;
  request: PricingSync;
  signal: AbortSignal;
  /** How much of what was synced stands behind an import, a sentence for each. */
  overridden: (sources: ReadonlySet<string>) => readonly { source: string; message: string }[];
  /** Called after the last event. */
  onEnd: () => void;
}

/**
 * Syncs the lists of several clouds at once, and tells how far they are. A list that an account opens,
 * and that fails, has the public one in its place: prices are worth more than the account. Throws
 * `bad_request` for a cloud without a list.
 */
export const syncMany = ({
  syncs,
  account,
  request,
  signal,
  overridden,
  onEnd,
}: SyncManyOptions): AsyncIterable<SyncEvent> => {
  const sources = chooseSources(account, request.providers);
  const queue = createQueue<SyncEvent>();
  const regions = request.regions ?? null;
  for (const { cloud, message, hint } of account.problems) {
    queue.push({ t: 'notice', source: cloud, message: hint ? `${message} Try: ${hint}` : message });
  }
  const synced = new Set<string>();
  const run = async (source: PriceSource): Promise<void> => {
    const instead = listInsteadOf(source);
    const onEvent = (event: SyncEvent): void => {
      if (event.t !== 'failed' || instead === null || signal.aborted) queue.push(event);
    };
    const last = await syncs.run({ source, account, regions, signal, onEvent });
    if (last.t === 'done' && last.offers > 0) synced.add(source.name);
    if (last.t !== 'failed' || instead === null || signal.aborted) return;
    const message = `${last.message} The public list is read instead.`;
    queue.push({ t: 'notice', source: source.name, message });
    await run(instead);
  };
  const runAll = async (): Promise<void> => {
    await Promise.all(sources.map(run));
    for (const each of overridden(synced)) queue.push({ t: 'notice', ...each });
  };
  void runAll().finally(() => {
    queue.end();
    onEnd();
  });
  return queue;
};
