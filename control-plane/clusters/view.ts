import * as z from 'zod';
import {
  CloudAccount,
  type ClusterView,
  NodeOffer,
  type NodeView,
} from '../../protocol/messages/clusters.ts';
import type { Db } from '../db/open.ts';
import { countUncollectedJobs, listOpenJobs } from '../store/cluster-jobs.ts';
import type { ClusterRow } from '../store/clusters.ts';
import { countNodeLeases, listNodes, type NodeRow } from '../store/nodes.ts';

const Phases = z.object({ phases: z.record(z.string(), z.int().min(0)) });

const phasesOf = (ref: unknown): NodeView['phases'] => Phases.safeParse(ref).data?.phases ?? null;

const Offered = z.object({ offer: NodeOffer });
const Planned = z.object({ account: CloudAccount });

/** What the machine is; before it is there, what it is meant to be. */
const offerOf = ({ providerRef, plan }: NodeRow): NodeView['offer'] =>
  (Offered.safeParse(providerRef).data ?? Offered.safeParse(plan).data)?.offer ?? null;

const nodeView = (db: Db, node: NodeRow): NodeView => ({
  id: node.id,
  name: node.name,
  state: node.state,
  slots: node.slots,
  leases: countNodeLeases(db, node.id),
  cpus: node.cpus,
  memoryBytes: node.memoryBytes,
  version: node.version,
  protocol: node.protocol,
  incarnation: node.incarnation,
  createdAt: node.createdAt,
  seenAt: node.seenAt,
  problem: node.problem,
  problemCode: node.problemCode,
  problemHint: node.problemHint,
  phases: phasesOf(node.providerRef),
  offer: offerOf(node),
});

const accountOf = (nodes: readonly NodeRow[]): ClusterView['account'] =>
  Planned.safeParse(nodes[0]?.plan).data?.account ?? null;

/** A cluster with its nodes, as the API shows it. */
export const viewCluster = (db: Db, cluster: ClusterRow): ClusterView => {
  const nodes = listNodes(db, cluster.id);
  return {
    id: cluster.id,
    name: cluster.name,
    state: cluster.state,
    spec: cluster.spec,
    nodes: nodes.map((node) => nodeView(db, node)),
    account: accountOf(nodes),
    createdAt: cluster.createdAt,
    downAt: cluster.downAt,
    runningJobs: listOpenJobs(db, cluster.id).length,
    uncollectedJobs: countUncollectedJobs(db, cluster.id),
  };
};
