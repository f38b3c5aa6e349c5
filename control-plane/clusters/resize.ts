import { PxError } from '../../protocol/errors.ts';
import type { ClusterAccess, ClusterResize } from '../../protocol/messages/clusters.ts';
import { type Db, transact } from '../db/open.ts';
import type { Deps } from '../deps.ts';
import { clusterTopic, nodeTopic } from '../notices.ts';
import {
  type ClusterRow,
  findCluster,
  setClusterAccess,
  setClusterSpec,
} from '../store/clusters.ts';
import { countNodeLeases, listNodes, type NodeRow, updateNode } from '../store/nodes.ts';
import { checkAgreed } from './agreed.ts';
import { writeNode } from './bring-up.ts';
import { once } from './fleet.ts';
import { launchAll } from './launch.ts';
import { checkOwnHome } from './own-home.ts';
import { NO_ACCESS } from './site.ts';
import { destroyNode } from './take-down.ts';

const drain = ({ db, notices }: Deps, { id }: NodeRow): void => {
  updateNode(db, id, { state: 'draining', problem: 'The cluster is to have fewer nodes.' });
  notices.notify(nodeTopic(id));
};

/** What the caller agrees to now; a yes to anything was one to as many nodes as there were then. */
const accessFor = (
  { spec, access }: ClusterRow,
  { nodes, agreedUsdPerHour, agreesToAny }: ClusterResize,
): ClusterAccess => {
  const known = access ?? NO_ACCESS;
  if (nodes < spec.nodes) return known;
  const { agreesToAny: _, ...less } = known;
  return {
    ...(nodes > spec.nodes ? less : known),
    ...(agreedUsdPerHour === undefined ? {} : { agreedUsdPerHour }),
    ...(agreesToAny === undefined ? {} : { agreesToAny }),
  };
};

/** What was refused before it ever joined: whoever asks again has mended that, or has agreed to it. */
const isRefused = ({ state, incarnation }: NodeRow): boolean =>
  state === 'lost' && incarnation === 0;

/** The ordinals below `nodes` whose machines are still to be made. */
const missingIn = (db: Db, clusterId: string, nodes: number): number[] => {
  const live = listNodes(db, clusterId).filter(({ state }) => state !== 'terminated');
  const there = new Set(live.filter((node) => !isRefused(node)).map(({ ordinal }) => ordinal));
  return Array.from({ length: nodes }, (_, ordinal) => ordinal).filter((one) => !there.has(one));
};

/**
 * The cluster as it is now. Throws `cluster_busy` where its nodes go, and new ones would stay; and where
 * nodes of an earlier resize go still, whose ordinals are not free yet.
 */
const findResizable = ({ db }: Deps, { id, name }: ClusterRow, nodes: number): ClusterRow => {
  const cluster = findCluster(db, id);
  if (cluster?.state !== 'up') {
    throw new PxError('cluster_busy', `Cluster ${name} is going down.`, {
      hint: `Wait for it: px cluster down ${name}`,
    });
  }
  const going = listNodes(db, id).filter(
    ({ state, ordinal }) => state !== 'terminated' && ordinal >= cluster.spec.nodes,
  );
  if (nodes <= cluster.spec.nodes || going.length === 0) return cluster;
  const words = going.map((node) => node.name).join(', ');
  throw new PxError(
    'cluster_busy',
    `Cluster ${name} is still losing nodes, which end what they run first: ${words}.`,
    { hint: `Wait until they have gone (px cluster show ${name}), then the same again.` },
  );
};

/** Nodes that come and are wanted no more are given up at once. What fails is tried again by the next look. */
const dropComing = (deps: Deps, cluster: ClusterRow): void => {
  for (const { id, ordinal, state } of listNodes(deps.db, cluster.id)) {
    if (ordinal < cluster.spec.nodes || state !== 'provisioning') continue;
    once(deps.fleet.takedowns, id, () => destroyNode(deps, cluster, id)).catch((cause: unknown) =>
      deps.log.child('clusters').warn('A node is still there.', { node: id, cause: String(cause) }),
    );
  }
};

/**
 * Gives a cluster another number of nodes. Answers when new machines are asked for; nodes that go
 * end what they run first (`tendSize`). Throws `cluster_busy`, `needs_agreement`, and what the
 * provider's plan throws.
 */
export const resize = async (
  deps: Deps,
  known: ClusterRow,
  asked: ClusterResize,
): Promise<void> => {
  const { nodes } = asked;
  checkOwnHome(deps);
  const { db, clock, fleet, notices, providers } = deps;
  const cluster = findResizable(deps, known, nodes);
  const { id, name } = cluster;
  const access = accessFor(cluster, asked);
  // A plan may take longer than an idle cluster has.
  fleet.busyAt.set(id, clock.monotonic());
  const spec = { ...cluster.spec, nodes };
  const provider = providers.get(spec.provider);
  const missing = missingIn(db, id, nodes);
  // Fewer nodes need nobody's leave, nor a cloud that answers.
  const plans = missing.length === 0 ? [] : await provider.plan({ name, spec, access, missing });
  if (nodes > cluster.spec.nodes) checkAgreed({ name, spec, access }, plans);
  const added = transact(db, () => {
    // Whoever has taken it down meanwhile knows nothing of nodes that come now.
    findResizable(deps, cluster, nodes);
    const live = listNodes(db, id).filter(({ state }) => state !== 'terminated');
    const taken = new Set(live.map(({ ordinal }) => ordinal));
    setClusterSpec(db, id, spec);
    setClusterAccess(db, id, access);
    for (const node of live) if (node.ordinal >= nodes && node.state === 'ready') drain(deps, node);
    const fresh = [...plans.entries()].filter(([ordinal]) => !taken.has(ordinal));
    return [
      ...live.filter((node) => isRefused(node) && node.ordinal < nodes).map((node) => node.id),
      ...fresh.map(([ordinal, plan]) => writeNode(deps, cluster, ordinal, plan)),
    ];
  });
  notices.notify(clusterTopic(id));
  dropComing(deps, { ...cluster, spec });
  await launchAll(deps, { ...cluster, spec, access }, added);
};

/** Ends a node that the cluster is to have no more, once it holds nothing. Returns whether it has gone. */
export const tendSize = async (
  deps: Deps,
  cluster: ClusterRow,
  node: NodeRow,
): Promise<boolean> => {
  if (node.ordinal < cluster.spec.nodes) return false;
  if (node.state === 'ready') drain(deps, node);
  const isWorking = node.state === 'ready' || node.state === 'draining';
  // What it runs still ends there, unless its machine does before: that is looked at as for all others.
  if (isWorking && countNodeLeases(deps.db, node.id) > 0) return false;
  await once(deps.fleet.takedowns, node.id, () => destroyNode(deps, cluster, node.id));
  return true;
};
