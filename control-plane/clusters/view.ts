import * as z from 'zod';
import {
  CloudAccount,
  type ClusterView,
  NodeOffer,
  type NodeView,
} from '../../protocol/messages/clusters.ts';
import type { Deps } from '../deps.ts';
import { countUncollectedJobs, listOpenJobs } from '../store/cluster-jobs.ts';
import type { ClusterRow } from '../store/clusters.ts';
import { countNodeLeases, listNodes, type NodeRow } from '../store/nodes.ts';
import { listPrices, type PriceRow } from '../store/prices.ts';

type Viewer = Pick<Deps, 'db' | 'execution'>;

const Phases = z.object({ phases: z.record(z.string(), z.int().min(0)) });

const phasesOf = (ref: unknown): NodeView['phases'] => Phases.safeParse(ref).data?.phases ?? null;

const Offered = z.object({ offer: NodeOffer });
const Planned = z.object({ account: CloudAccount });

/**
 * What the machine is, at its price of now; before it is there, what it is meant to be. One that never was
 * costs nothing.
 */
const offerOf = (
  { id, state, providerRef, plan }: NodeRow,
  prices: readonly PriceRow[],
): NodeView['offer'] => {
  const offer = (Offered.safeParse(providerRef).data ?? Offered.safeParse(plan).data)?.offer;
  if (offer === undefined) return null;
  const price = prices.findLast(({ nodeId }) => nodeId === id);
  const isMeant = state === 'provisioning';
  if (providerRef === null && price === undefined && !isMeant) return null;
  if (price === undefined || price.machine === 0) return offer;
  const { machine, disk, address } = price;
  return { ...offer, usdPerHour: { machine, disk, address } };
};

/** A node that is not ready says nothing, whatever was heard of its last worker. */
const heardOf = ({ execution }: Viewer, { id, seenAt, state }: NodeRow) => {
  const heard = execution.heard.get(id);
  const isThere = state === 'ready' || state === 'draining';
  return {
    seenAt: heard === undefined ? seenAt : Math.max(heard.at, seenAt ?? 0),
    load: isThere ? (heard?.load ?? null) : null,
  };
};

const nodeView = (viewer: Viewer, node: NodeRow, prices: readonly PriceRow[]): NodeView => ({
  id: node.id,
  name: node.name,
  state: node.state,
  slots: node.slots,
  leases: countNodeLeases(viewer.db, node.id),
  cpus: node.cpus,
  memoryBytes: node.memoryBytes,
  version: node.version,
  protocol: node.protocol,
  incarnation: node.incarnation,
  ordinal: node.ordinal,
  createdAt: node.createdAt,
  ...heardOf(viewer, node),
  problem: node.problem,
  problemCode: node.problemCode,
  problemHint: node.problemHint,
  phases: phasesOf(node.providerRef),
  offer: offerOf(node, prices),
});

const accountOf = (nodes: readonly NodeRow[]): ClusterView['account'] =>
  Planned.safeParse(nodes[0]?.plan).data?.account ?? null;

/** A cluster with its nodes, as the API shows it. */
export const viewCluster = (viewer: Viewer, cluster: ClusterRow): ClusterView => {
  const { db } = viewer;
  const nodes = listNodes(db, cluster.id);
  const prices = listPrices(db, cluster.id);
  return {
    id: cluster.id,
    name: cluster.name,
    state: cluster.state,
    spec: cluster.spec,
    nodes: nodes.map((node) => nodeView(viewer, node, prices)),
    account: accountOf(nodes),
    createdAt: cluster.createdAt,
    downAt: cluster.downAt,
    runningJobs: listOpenJobs(db, cluster.id).length,
    uncollectedJobs: countUncollectedJobs(db, cluster.id),
  };
};
