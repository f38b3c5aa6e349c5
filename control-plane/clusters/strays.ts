import { PxError } from '../../protocol/errors.ts';
import type { Stray, StrayDelete, StraysAsk, StraysReply } from '../../protocol/messages/strays.ts';
import type { Deps } from '../deps.ts';
import type { Account, KnownNode, StrayKeeper } from '../providers/provider.ts';
import { listAllClusters, listLiveClusters } from '../store/clusters.ts';
import { listNodes } from '../store/nodes.ts';
import { NO_ACCESS } from './site.ts';

/** What this control plane keeps: everything else with px's labels is a stray. */
const knownNodes = ({ db }: Deps): KnownNode[] =>
  listLiveClusters(db).flatMap(({ id, name }) =>
    listNodes(db, id)
      .filter(({ state }) => state !== 'terminated')
      .map((node) => ({ clusterName: name, nodeId: node.id })),
  );

/** The accounts of the clusters that ever were, and the caller's own. */
const accountsOf = ({ db }: Deps, provider: string, { access, project }: StraysAsk) => {
  const used = listAllClusters(db)
    .filter(({ spec }) => spec.provider === provider)
    .map(
      ({ spec, access: own }): Account => ({
        env: own?.env ?? NO_ACCESS.env,
        project: spec.project,
      }),
    );
  const all = access === undefined ? used : [{ env: access.env, project }, ...used];
  const keyOf = ({ env, project: name }: Account) =>
    JSON.stringify([Object.entries(env).sort(), name]);
  return [...new Map(all.map((account) => [keyOf(account), account])).values()];
};

interface Seen {
  stray: Stray;
  account: Account;
  keeper: StrayKeeper;
}

const look = async (deps: Deps, ask: StraysAsk) => {
  const known = knownNodes(deps);
  const seen = new Map<string, Seen>();
  const problems = new Set<string>();
  for (const { name, strays: keeper } of deps.providers.all) {
    if (keeper === undefined) continue;
    const listed = new Set<string>();
    for (const account of accountsOf(deps, name, ask)) {
      try {
        const project = await keeper.projectOf(account);
        if (listed.has(project)) continue;
        for (const stray of await keeper.list(account, known)) {
          seen.set(`${stray.project} ${stray.id}`, { stray, account, keeper });
        }
        listed.add(project);
      } catch (cause) {
        // Who has no account there has nothing there.
        if (!(cause instanceof PxError)) throw cause;
        const isNobody = cause.code === 'credentials_missing' || cause.code === 'bad_config';
        if (!isNobody) problems.add(cause.message);
      }
    }
  }
  return { seen: [...seen.values()], problems: [...problems] };
};

/** Machines with px's labels that no cluster of this control plane knows. They are only shown. */
export const findStrays = async (deps: Deps, ask: StraysAsk): Promise<StraysReply> => {
  const { seen, problems } = await look(deps, ask);
  return { items: seen.map(({ stray }) => stray), problems };
};

/** Deletes one of them, because a person says so. Throws `not_found`, and what the provider throws. */
export const deleteStray = async (deps: Deps, ask: StrayDelete): Promise<Stray> => {
  const { seen, problems } = await look(deps, ask);
  const found = seen.find(({ stray }) => stray.name === ask.name && stray.id === ask.id);
  if (found === undefined) {
    const words = problems.length === 0 ? '' : ` ${problems.join(' ')}`;
    throw new PxError('not_found', `There is no stray ${ask.name} (${ask.id}).${words}`, {
      hint: 'See those that are there: px cluster ls --all',
    });
  }
  await found.keeper.remove(found.account, found.stray);
  return found.stray;
};
