import { closeLedger } from '../costs/ledger.ts';
import type { Deps } from '../deps.ts';
import { loseNode } from '../execution/lose.ts';
import { clusterTopic, workTopic } from '../notices.ts';
import type { Described, ProviderRef } from '../providers/provider.ts';
import { countUncollectedJobs, listOpenJobs } from '../store/cluster-jobs.ts';
import { type ClusterRow, findCluster, listLiveClusters } from '../store/clusters.ts';
import { findNode, listNodes, type NodeRow, updateNode } from '../store/nodes.ts';
import { isUnattended } from './attended.ts';
import { once } from './fleet.ts';
import { freeTaken } from './going.ts';
import { launchAside } from './launch.ts';
import { tendLifetime } from './lifetime.ts';
import { decideNode, isIdleTooLong } from './reconcile.ts';
import { tendSize } from './resize.ts';
import { siteOf } from './site.ts';
import { tendSpending } from './spending.ts';
import { takeDown } from './take-down.ts';

/** Ten seconds as a member: then an end is news, not the same failure again. */
const STEADY_MS = 10_000;

const describe = async (
  deps: Deps,
  cluster: ClusterRow,
  node: NodeRow,
): Promise<Described | null> =>
  node.providerRef === null
    ? null
    : deps.providers
        .get(cluster.spec.provider)
        .describe(node.id, node.providerRef as ProviderRef, siteOf(deps.fleet, cluster, node));

/** A node that nobody hears any more loses its leases; one that is heard again takes part again. */
const followHearing = (deps: Deps, node: NodeRow, { state, problem }: Described): void => {
  const isMember = node.state === 'ready' || node.state === 'draining';
  if (state === 'silent' && isMember) loseNode(deps, node.id, problem);
  if (state === 'running' && node.state === 'ready' && node.problem !== problem) {
    updateNode(deps.db, node.id, { problem });
    deps.notices.notify(clusterTopic(node.clusterId));
  }
  if (state !== 'running' || node.state !== 'lost' || node.tokenHash === null) return;
  if (problem !== null) return;
  updateNode(deps.db, node.id, { state: 'ready', problem: null });
  deps.notices.notify(clusterTopic(node.clusterId));
  deps.notices.notify(workTopic(node.clusterId));
};

/** A look at a machine may take a minute: the node as it is now, where it is still to be tended. */
const findTended = ({ db, fleet }: Deps, { id, clusterId }: NodeRow): NodeRow | undefined => {
  const node = findNode(db, id);
  if (findCluster(db, clusterId)?.state !== 'up' || node?.state === 'terminated') return;
  return fleet.working.has(id) ? undefined : node;
};

/** Whether what is gone of a node is made again: not for one that the cluster is to have no more. */
const isRestarted = ({ providers }: Deps, { spec }: ClusterRow, { ordinal }: NodeRow): boolean =>
  providers.get(spec.provider).promises.restarts && ordinal < spec.nodes;

const tendNode = async (deps: Deps, cluster: ClusterRow, known: NodeRow): Promise<void> => {
  const { clock, db, fleet } = deps;
  if (fleet.working.has(known.id)) return;
  if (await tendSize(deps, cluster, known)) return;
  if (await tendLifetime(deps, cluster, known)) return;
  const machine = await describe(deps, cluster, known);
  const node = findTended(deps, known);
  if (node === undefined) return;
  const state = machine?.state ?? null;
  if (machine?.hasGuests === true) fleet.busyAt.set(cluster.id, clock.monotonic());
  freeTaken(deps, node, cluster.spec, machine);
  if (state !== null) followHearing(deps, node, { state, problem: machine?.problem ?? null });
  const launched = fleet.launches.get(node.id);
  const facts = {
    cluster: cluster.state,
    node: node.state,
    machine: state === 'silent' ? 'running' : state,
    restarts: isRestarted(deps, cluster, node),
    joinExpired: node.joinHash !== null && (node.joinExpiresAt ?? 0) <= clock.now(),
    notBefore: launched?.notBefore ?? Number.NEGATIVE_INFINITY,
  };
  const now = clock.monotonic();
  if (node.state === 'ready' && now > facts.notBefore + STEADY_MS) fleet.launches.delete(node.id);
  const decision = decideNode(facts, now);
  const problem = machine?.problem ?? null;
  if (decision === 'none') return;
  const isOver = state === 'gone' && machine?.isStillThere !== true;
  if (isOver) closeLedger(db, { clusterId: cluster.id, nodeId: node.id }, clock.now());
  deps.log.child('clusters').warn('A node is gone.', { node: node.id, decision, problem });
  if (decision === 'lose') {
    loseNode(deps, node.id, problem);
    return;
  }
  updateNode(db, node.id, { problem });
  launchAside(deps, cluster, node.id);
};

const isIdle = (deps: Deps, cluster: ClusterRow): boolean => {
  const { clock, db, fleet } = deps;
  const now = clock.monotonic();
  // A machine may take longer to boot than an idle cluster has.
  const isAwaited = cluster.access?.attended === true && cluster.finishedAt === null ? 1 : 0;
  const jobs = listOpenJobs(db, cluster.id).length + countUncollectedJobs(db, cluster.id);
  const work = jobs + isAwaited;
  const busyAt = work > 0 ? now : (fleet.busyAt.get(cluster.id) ?? now);
  fleet.busyAt.set(cluster.id, busyAt);
  return isIdleTooLong({ work, busyAt, idleTimeoutMs: cluster.spec.idleTimeoutMs }, now);
};

const tendCluster = async (deps: Deps, cluster: ClusterRow): Promise<void> => {
  const isUnwanted = isUnattended(deps, cluster) || isIdle(deps, cluster);
  if (cluster.state === 'going_down' || isUnwanted) {
    await takeDown(deps, cluster.id);
    return;
  }
  if (await tendSpending(deps, cluster)) return;
  const nodes = listNodes(deps.db, cluster.id).filter(({ state }) => state !== 'terminated');
  await Promise.all(nodes.map((node) => tendNode(deps, cluster, node)));
};

const tendOne = async (deps: Deps, cluster: ClusterRow): Promise<void> => {
  try {
    await tendCluster(deps, cluster);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    deps.log
      .child('clusters')
      .warn('A cluster was not tended.', { cluster: cluster.name, problem });
  }
};

/**
 * One look at every cluster: machines that are gone are made again or recorded as lost, those that
 * are too old are replaced, clusters that go down, were idle for too long or are wanted by nobody are
 * taken down. A provider's failure is logged, and tried again at the next look. A look that takes long
 * (a cloud that deletes) is not begun again, and holds no other cluster up.
 */
export const tendClusters = async (deps: Deps): Promise<void> => {
  const live = deps.isCopy ? [] : listLiveClusters(deps.db);
  const tended = live.map((cluster) =>
    once(deps.fleet.tending, cluster.id, () => tendOne(deps, cluster)),
  );
  await Promise.all(tended);
};
