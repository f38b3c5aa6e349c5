import { PxError } from '../../protocol/errors.ts';
import { openLedger, settleBill } from '../costs/ledger.ts';
import { type Db, transact } from '../db/open.ts';
import type { Deps } from '../deps.ts';
import { clusterTopic } from '../notices.ts';
import type { OnBill } from '../providers/provider.ts';
import { type ClusterRow, findCluster } from '../store/clusters.ts';
import { findNode, type NodeRow, updateNode } from '../store/nodes.ts';
import { hashToken, makeToken } from '../token.ts';
import { agreedOf } from './agreed.ts';
import { once } from './fleet.ts';
import { launchDelay } from './reconcile.ts';
import { recordRefusal } from './refused.ts';
import { siteOf } from './site.ts';

/** Ten minutes: a cloud's machine boots in one or two, a local worker in a second. */
const JOIN_TOKEN_MS = 600_000;

/** The node as it is now, where its cluster is to have it still: who launches it may know of yesterday. */
const findWanted = (db: Db, clusterId: string, nodeId: string): NodeRow | undefined => {
  const cluster = findCluster(db, clusterId);
  const node = findNode(db, nodeId);
  if (cluster?.state !== 'up' || node === undefined || node.state === 'terminated') return;
  return node.ordinal < cluster.spec.nodes ? node : undefined;
};

const launchOnce = async (deps: Deps, cluster: ClusterRow, nodeId: string): Promise<void> => {
  const { db, clock, fleet } = deps;
  const node = findWanted(db, cluster.id, nodeId);
  if (node === undefined) return;
  // It is written down before anything is ordered, and cleared by a join.
  const isFirst = node.joinExpiresAt === null && node.incarnation === 0;
  const failures = fleet.launches.get(nodeId)?.failures ?? 0;
  fleet.launches.set(nodeId, {
    failures: failures + 1,
    notBefore: clock.monotonic() + launchDelay(failures),
  });
  const joinToken = makeToken(deps.random);
  const joinExpiresAt = clock.now() + JOIN_TOKEN_MS;
  // Another machine, with a lifetime of its own. A worker of the one before must not spend its token.
  const fresh = { state: 'provisioning', createdAt: clock.now(), tokenHash: null } as const;
  updateNode(db, nodeId, { ...fresh, joinHash: hashToken(joinToken), joinExpiresAt });
  deps.notices.notify(clusterTopic(cluster.id));
  const provider = deps.providers.get(cluster.spec.provider);
  const unwanted = new AbortController();
  fleet.unwanted.set(nodeId, unwanted);
  try {
    const { slots } = node;
    const { signal } = unwanted;
    const of = { clusterId: cluster.id, nodeId };
    const agreed = agreedOf(db, cluster);
    const onBill: OnBill = (bill) => {
      settleBill(db, of, bill);
      // One that was there already, whose worker alone is made again, keeps its age and its lifetime.
      if (!('endedAt' in bill)) updateNode(db, nodeId, { createdAt: bill.createdAt });
    };
    const site = siteOf(fleet, cluster, node);
    const told = { signal, onBill, agreed, isFirst };
    const order = { ...site, ...told, nodeId, slots, joinToken };
    const providerRef = await provider.create(order);
    fleet.own.add(nodeId);
    transact(db, () => {
      updateNode(db, nodeId, { providerRef, problem: null });
      openLedger(db, of, providerRef);
    });
  } catch (cause) {
    const isOver = unwanted.signal.aborted || deps.server.signal.aborted;
    await recordRefusal(deps, cluster, node, { cause, isOver });
    if (!(cause instanceof PxError)) throw cause;
  } finally {
    fleet.unwanted.delete(nodeId);
    deps.notices.notify(clusterTopic(cluster.id));
  }
};

/** Makes the node's machine, or makes it again. What the provider refuses stands in the node's `problem`. */
const launchNode = (deps: Deps, cluster: ClusterRow, nodeId: string): Promise<void> =>
  once(deps.fleet.working, nodeId, () => launchOnce(deps, cluster, nodeId));

/**
 * The same for whoever does not wait: a launch may take minutes, and its node is left alone meanwhile.
 * The provider's refusal stands in the node's `problem`.
 */
export const launchAside = (deps: Deps, cluster: ClusterRow, nodeId: string): void => {
  launchNode(deps, cluster, nodeId).catch((cause: unknown) => {
    const stack = cause instanceof Error ? cause.stack : String(cause);
    deps.log.child('clusters').error('A launch failed.', { cluster: cluster.name, stack });
  });
};

/** Machines elsewhere take their time: who asked watches the nodes meanwhile. */
export const launchAll = async (
  deps: Deps,
  cluster: ClusterRow,
  nodeIds: readonly string[],
): Promise<void> => {
  if (deps.providers.get(cluster.spec.provider).promises.tunneled) {
    for (const id of nodeIds) launchAside(deps, cluster, id);
  } else {
    await Promise.all(nodeIds.map((id) => launchNode(deps, cluster, id)));
  }
};
