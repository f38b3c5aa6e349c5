import { got, PxError } from '../../protocol/errors.ts';
import { makeId } from '../../protocol/ids.ts';
import type { ClusterAccess, ClusterSpec, ClusterUp } from '../../protocol/messages/clusters.ts';
import { transact } from '../db/open.ts';
import type { Deps } from '../deps.ts';
import type { NodePlan } from '../providers/provider.ts';
import {
  type ClusterRow,
  findLiveCluster,
  insertCluster,
  setClusterAccess,
} from '../store/clusters.ts';
import { insertNode, listNodes } from '../store/nodes.ts';
import { checkAgreed } from './agreed.ts';
import { attend } from './attended.ts';
import { checkIdle } from './check-idle.ts';
import { launchAll } from './launch.ts';
import { checkOwnHome } from './own-home.ts';
import { NO_ACCESS } from './site.ts';

interface Difference {
  key: string;
  is: unknown;
  asked: unknown;
}

/** The keys in which two specs differ. */
const differencesOf = (is: ClusterSpec, asked: ClusterSpec): Difference[] => {
  const entries: [string, unknown][] = Object.entries(asked);
  return entries
    .map(([key, value]) => ({ key, is: Reflect.get(is, key) as unknown, asked: value }))
    .filter((one) => JSON.stringify(one.is) !== JSON.stringify(one.asked));
};

const checkSame = (cluster: ClusterRow, asked: ClusterUp): void => {
  const { name } = asked;
  if (cluster.state === 'going_down') {
    throw new PxError('cluster_busy', `Cluster ${name} is going down.`, {
      hint: `Wait for it: px cluster down ${name}`,
    });
  }
  const differences = differencesOf(cluster.spec, asked.spec);
  if (differences.length === 0) return;
  const words = differences.map(
    ({ key, is, asked: wanted }) => `${key} is ${String(is ?? 'not set')}, expected ${got(wanted)}`,
  );
  throw new PxError(
    'cluster_spec_differs',
    `Cluster ${name} is up with another spec: ${words.join('; ')}.`,
    {
      hint: `px cluster down ${name}`,
      details: differences,
    },
  );
};

/** Writes down a node that is to be made; returns its id. */
export const writeNode = (
  { db, clock, random, fleet }: Deps,
  cluster: Pick<ClusterRow, 'id' | 'name'>,
  ordinal: number,
  { slots, plan }: NodePlan,
): string => {
  const id = makeId('n', random(10));
  const name = `${cluster.name}-${ordinal}`;
  const createdAt = clock.now();
  const state = 'provisioning';
  fleet.own.add(id);
  insertNode(db, { id, clusterId: cluster.id, ordinal, name, state, slots, plan, createdAt });
  return id;
};

/** The intent is durable before anything is made. */
const writeIntent = (
  deps: Deps,
  { name, spec, access }: ClusterUp,
  plans: readonly NodePlan[],
): ClusterRow => {
  const { db, clock, random } = deps;
  const id = makeId('c', random(10));
  const now = clock.now();
  insertCluster(db, { id, name, state: 'up', spec, access: access ?? null, createdAt: now });
  for (const [ordinal, plan] of plans.entries()) writeNode(deps, { id, name }, ordinal, plan);
  return {
    id,
    name,
    state: 'up',
    spec,
    access: access ?? null,
    createdAt: now,
    downAt: null,
    finishedAt: null,
  };
};

/** The cluster of this name that is up, with what was asked for. */
const findSame = (deps: Deps, asked: ClusterUp): ClusterRow | undefined => {
  const live = findLiveCluster(deps.db, asked.name);
  if (live !== undefined) checkSame(live, asked);
  return live;
};

/** What the provider means the nodes to be; none where the cluster is up already. */
const planFor = async (deps: Deps, asked: ClusterUp): Promise<readonly NodePlan[]> => {
  const provider = deps.providers.get(asked.spec.provider);
  if (findSame(deps, asked) !== undefined) return [];
  const { name, spec, access = NO_ACCESS } = asked;
  checkIdle(spec, provider);
  return provider.plan({ name, spec, access });
};

/** What was agreed to stays so: a resize may have asked for more than this caller. */
const renewed = ({ access }: ClusterRow, asked: ClusterAccess): ClusterAccess => {
  const { agreedUsdPerHour, agreesToAny } = access ?? asked;
  return {
    ...asked,
    ...(agreedUsdPerHour === undefined ? {} : { agreedUsdPerHour }),
    ...(agreesToAny === undefined ? {} : { agreesToAny }),
  };
};

/** A try of this caller before this one has made it: the answer was lost with the control plane. */
const isOfCaller = (live: ClusterRow, { access }: ClusterUp): boolean =>
  access?.caller !== undefined && live.access?.caller === access.caller && live.finishedAt === null;

/**
 * Brings a cluster up, or finds it up with the same spec. Throws `cluster_spec_differs`,
 * `cluster_busy`, `provider_unsupported`. Answers when its machines are asked for, not when they joined.
 */
export const bringUp = async (
  deps: Deps,
  asked: ClusterUp,
): Promise<{ cluster: ClusterRow; created: boolean }> => {
  checkOwnHome(deps);
  const plans = await planFor(deps, asked);
  checkAgreed(asked, plans);
  const found = transact(deps.db, () => {
    const live = findSame(deps, asked);
    if (live === undefined) {
      return { cluster: writeIntent(deps, asked, plans), isNew: true, created: true };
    }
    if (asked.access !== undefined) setClusterAccess(deps.db, live.id, renewed(live, asked.access));
    return { cluster: live, isNew: false, created: isOfCaller(live, asked) };
  });
  const { cluster, isNew, created } = found;
  attend(deps, cluster.id);
  const ids = isNew ? listNodes(deps.db, cluster.id).map(({ id }) => id) : [];
  await launchAll(deps, cluster, ids);
  return { cluster, created };
};
