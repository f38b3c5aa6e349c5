import { got, PxError } from '../../protocol/errors.ts';
import type { ClusterView } from '../../protocol/messages/clusters.ts';
import { attend, keepCluster } from '../clusters/attended.ts';
import { bringUp } from '../clusters/bring-up.ts';
import { listConnected } from '../clusters/connected.ts';
import { cancelAndTakeDown, checkNothingIsLost } from '../clusters/down.ts';
import { reachNodes } from '../clusters/reach.ts';
import { resize } from '../clusters/resize.ts';
import { viewCluster } from '../clusters/view.ts';
import type { Deps } from '../deps.ts';
import type { Handlers } from '../handler.ts';
import { clusterTopic } from '../notices.ts';
import {
  type ClusterRow,
  findCluster,
  findLatestCluster,
  findLiveCluster,
  pageClusters,
} from '../store/clusters.ts';

const PAGE_ITEMS = 100;

/**
 * The longest wait for a cluster where nothing is on its way: a change between two calls of a
 * caller is seen late by no more than this.
 */
const SETTLED_WAIT_MS = 1000;

const notFound = (name: string): PxError =>
  new PxError('cluster_not_found', `There is no cluster ${name}.`, {
    hint: 'See those that are there: px cluster ls',
  });

/** It was there once, or never. */
const notUp = ({ db }: Deps, name: string): PxError => {
  if (findLatestCluster(db, name) === undefined) return notFound(name);
  return new PxError('cluster_not_up', `The cluster ${name} is not up.`, {
    hint: `px cluster up ${name}`,
  });
};

const parseCursor = (cursor: string | undefined): number | null => {
  if (cursor === undefined) return null;
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new PxError('bad_request', `Expected a cursor of an earlier page, got ${got(cursor)}.`);
};

const isSettled = ({ state, nodes }: ClusterView): boolean =>
  state !== 'going_down' && nodes.every((node) => node.state !== 'provisioning');

/** What a caller waits for: not that a worker was heard of again. */
const essence = (view: ClusterView): string =>
  JSON.stringify(view, (key, value) => (key === 'load' || key === 'seenAt' ? undefined : value));

/** The view, as soon as it is another one than now, or after `waitMs`. */
const waitForChange = async (
  deps: Deps,
  cluster: ClusterRow,
  waitMs: number,
  signal: AbortSignal,
): Promise<ClusterView> => {
  const look = (): ClusterView => viewCluster(deps, findCluster(deps.db, cluster.id) ?? cluster);
  const first = look();
  const shown = essence(first);
  const limit = isSettled(first) ? Math.min(waitMs, SETTLED_WAIT_MS) : waitMs;
  const until = deps.clock.monotonic() + limit;
  for (;;) {
    const left = until - deps.clock.monotonic();
    if (left <= 0 || signal.aborted) return look();
    await deps.notices.wait([clusterTopic(cluster.id)], left, signal);
    const view = look();
    if (essence(view) !== shown) return view;
  }
};

const down = async (deps: Deps, name: string, isForced: boolean): Promise<ClusterView> => {
  const cluster = findLiveCluster(deps.db, name);
  if (cluster === undefined) throw notFound(name);
  if (!isForced) checkNothingIsLost(deps, cluster);
  await cancelAndTakeDown(deps, cluster, isForced);
  return viewCluster(deps, findCluster(deps.db, cluster.id) ?? cluster);
};

/** Clusters: up, list, show, down. */
export const clusterHandlers = (
  deps: Deps,
): Pick<
  Handlers,
  | 'clusterUp'
  | 'connected'
  | 'clusters'
  | 'cluster'
  | 'clusterDown'
  | 'clusterSsh'
  | 'clusterResize'
  | 'clusterKeep'
> => ({
  clusterUp: async ({ json }) => {
    const { cluster, created } = await bringUp(deps, json);
    return { cluster: viewCluster(deps, findCluster(deps.db, cluster.id) ?? cluster), created };
  },
  connected: async ({ json }) => ({ providers: await listConnected(deps, json.access) }),
  clusters: async ({ query }) => {
    const limit = query.limit ?? PAGE_ITEMS;
    const before = parseCursor(query.cursor);
    const rows = pageClusters(deps.db, { all: query.all ?? false, before, limit });
    const last = rows.length < limit ? undefined : rows.at(-1);
    return {
      items: rows.map(({ row }) => viewCluster(deps, row)),
      next: last === undefined ? null : String(last.rowid),
    };
  },
  cluster: async ({ params, query, signal }) => {
    const name = params.name ?? '';
    const cluster = findLatestCluster(deps.db, name);
    if (cluster === undefined) throw notFound(name);
    const { waitMs } = query;
    if (waitMs === undefined) return waitForChange(deps, cluster, 0, signal);
    attend(deps, cluster.id, waitMs);
    const view = await waitForChange(deps, cluster, waitMs, signal);
    // Also where the caller went away meanwhile.
    attend(deps, cluster.id);
    return view;
  },
  clusterResize: async ({ params, json }) => {
    const name = params.name ?? '';
    const cluster = findLiveCluster(deps.db, name);
    if (cluster === undefined) throw notFound(name);
    await resize(deps, cluster, json);
    return viewCluster(deps, findCluster(deps.db, cluster.id) ?? cluster);
  },
  clusterKeep: async ({ params }) => {
    const name = params.name ?? '';
    const cluster = findLiveCluster(deps.db, name);
    if (cluster === undefined) throw notFound(name);
    keepCluster(deps, cluster);
    return viewCluster(deps, cluster);
  },
  clusterSsh: async ({ params }) => {
    const name = params.name ?? '';
    const cluster = findLiveCluster(deps.db, name);
    if (cluster === undefined) throw notUp(deps, name);
    // Who asks is about to use it: a session holds the cluster up.
    deps.fleet.busyAt.set(cluster.id, deps.clock.monotonic());
    return { nodes: await reachNodes(deps, cluster) };
  },
  clusterDown: ({ params, query }) => down(deps, params.name ?? '', query.force ?? false),
});
