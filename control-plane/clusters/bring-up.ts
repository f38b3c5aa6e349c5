import { got, PxError } from '../../protocol/errors.ts';
import { makeId } from '../../protocol/ids.ts';
import type { ClusterSpec, ClusterUp } from '../../protocol/messages/clusters.ts';
import { transact } from '../db/open.ts';
import type { Deps } from '../deps.ts';
import { type ClusterRow, findLiveCluster, insertCluster } from '../store/clusters.ts';
import { insertNode, listNodes } from '../store/nodes.ts';
import { launchNode } from './launch.ts';

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
    .filter((one) => one.is !== one.asked);
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
    ({ key, is, asked: wanted }) => `${key} is ${String(is)}, expected ${got(wanted)}`,
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

/** The intent is durable before anything is made. */
const writeIntent = (deps: Deps, { name, spec }: ClusterUp): ClusterRow => {
  const { db, clock, random } = deps;
  const id = makeId('c', random(10));
  const now = clock.now();
  insertCluster(db, { id, name, state: 'up', spec, createdAt: now });
  for (let ordinal = 0; ordinal < spec.nodes; ordinal += 1) {
    insertNode(db, {
      id: makeId('n', random(10)),
      clusterId: id,
      ordinal,
      name: `${name}-${ordinal}`,
      state: 'provisioning',
      slots: spec.cpusPerNode,
      createdAt: now,
    });
  }
  return { id, name, state: 'up', spec, createdAt: now, downAt: null };
};

/**
 * Brings a cluster up, or finds it up with the same spec. Throws `cluster_spec_differs`,
 * `cluster_busy`, `provider_unsupported`. Answers when its machines are asked for, not when they joined.
 */
export const bringUp = async (
  deps: Deps,
  asked: ClusterUp,
): Promise<{ cluster: ClusterRow; created: boolean }> => {
  deps.providers.get(asked.spec.provider);
  const found = transact(deps.db, () => {
    const live = findLiveCluster(deps.db, asked.name);
    if (live !== undefined) checkSame(live, asked);
    return live === undefined
      ? { cluster: writeIntent(deps, asked), created: true }
      : { cluster: live, created: false };
  });
  if (found.created) {
    const nodes = listNodes(deps.db, found.cluster.id);
    await Promise.all(nodes.map(({ id }) => launchNode(deps, found.cluster, id)));
  }
  return found;
};
