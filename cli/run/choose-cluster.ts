import { availableParallelism } from 'node:os';
import type { Client } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';
import { ClusterName, LOCAL_CLUSTER } from '../../protocol/ids.ts';
import type { ClusterView } from '../../protocol/messages/clusters.ts';
import type { PxYaml } from '../../protocol/px-yaml.ts';
import type { Context } from '../context.ts';
import { typed } from '../typed.ts';

/** 15 min, as every cluster; `local` comes up by itself again. */
const LOCAL_IDLE_MS = 15 * 60_000;

/** The cluster that a run names; null where nothing names one. */
export const namedCluster = (
  flag: string | undefined,
  env: Context['env'],
  config: Pick<PxYaml, 'cluster'>,
): string | null => {
  const { PX_CLUSTER } = env;
  const name = flag ?? (PX_CLUSTER === '' ? undefined : PX_CLUSTER) ?? config.cluster?.name ?? null;
  if (name === null || ClusterName.safeParse(name).success) return name;
  throw new PxError(
    'bad_request',
    `Expected the name of a cluster, such as jpg, got ${typed(name)}.`,
    {
      hint: 'See those that are up with: px cluster ls',
    },
  );
};

const find = async (client: Client, name: string): Promise<ClusterView | null> => {
  try {
    const cluster = await client.call('cluster', { params: { name } });
    return cluster.state === 'up' ? cluster : null;
  } catch (error) {
    if (error instanceof PxError && error.code === 'cluster_not_found') return null;
    throw error;
  }
};

const onlyOneUp = async (client: Client, context: Context): Promise<ClusterView> => {
  const { items } = await client.call('clusters');
  const up = items.filter(({ name, state }) => state === 'up' && name !== LOCAL_CLUSTER);
  const [only] = up;
  if (only === undefined) {
    throw new PxError(
      'cluster_not_up',
      'No cluster is up, and px.yaml describes one without a name.',
      {
        hint: 'Bring it up with: px cluster up NAME',
      },
    );
  }
  if (up.length > 1) {
    const names = up.map(({ name }) => name).join(', ');
    throw new PxError('bad_request', `Several clusters are up: ${names}.`, {
      hint: `Choose one: px run --cluster ${only.name}`,
    });
  }
  context.output.say(`Using the only cluster that is up: ${only.name}.`);
  return only;
};

const bringUpLocal = async (client: Client, context: Context): Promise<ClusterView> => {
  const { cluster, created } = await client.call('clusterUp', {
    json: {
      name: LOCAL_CLUSTER,
      spec: {
        provider: 'local',
        nodes: 1,
        cpusPerNode: availableParallelism(),
        idleTimeoutMs: LOCAL_IDLE_MS,
        // This machine is the user's own: nothing runs up a bill.
        maxLifetimeMs: 0,
      },
    },
  });
  if (!created) return cluster;
  const { awaitReady } = await import('../cluster/await-ready.ts');
  return awaitReady(client, context, cluster, new AbortController().signal);
};

const useLocal = async (
  client: Client,
  context: Context,
  announce: boolean,
): Promise<ClusterView> => {
  const up = await find(client, LOCAL_CLUSTER);
  if (announce || up === null) context.output.say('Using this machine, the cluster local.');
  return up ?? bringUpLocal(client, context);
};

/**
 * Which cluster: the one that is named, else the only one that is up where px.yaml describes one,
 * else `local`, which comes up by itself.
 *
 * @throws PxError `cluster_not_up` with the command that brings it up
 */
export const chooseCluster = async (
  client: Client,
  context: Context,
  name: string | null,
  config: Pick<PxYaml, 'cluster'>,
): Promise<ClusterView> => {
  if (name === LOCAL_CLUSTER) return useLocal(client, context, false);
  if (name === null) {
    return config.cluster === undefined
      ? useLocal(client, context, true)
      : onlyOneUp(client, context);
  }
  const cluster = await find(client, name);
  if (cluster !== null) return cluster;
  throw new PxError('cluster_not_up', `The cluster ${name} is not up.`, {
    hint: `Bring it up with: px cluster up ${name}`,
  });
};
