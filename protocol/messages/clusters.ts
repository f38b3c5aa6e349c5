import { z } from 'zod';
import { ClusterId, ClusterName, NodeId } from '../ids.ts';
import { ProviderName } from '../px-yaml.ts';
import { ClusterState, NodeState } from '../states.ts';
import { Count, Timestamp } from './common.ts';

/** What a cluster should be, defaults filled in. Sizes in bytes, durations in milliseconds (0 = never). */
export const ClusterSpec = z.strictObject({
  provider: ProviderName,
  nodes: z.int().min(1),
  cpusPerNode: z.int().min(1),
  idleTimeoutMs: z.int().min(0),
  maxLifetimeMs: z.int().min(0),
});
export type ClusterSpec = z.infer<typeof ClusterSpec>;

/** One machine of a cluster. */
export const NodeView = z.object({
  id: NodeId,
  name: z.string(),
  state: NodeState,
  slots: Count,
  /** Attempts that hold a lease on this node now. */
  leases: Count,
  /** Cores and bytes of memory of the machine that is really there; null until it joined. */
  cpus: Count.nullable(),
  memoryBytes: Count.nullable(),
  version: z.string().nullable(),
  /** Protocol number of its worker; null until it joined. */
  protocol: Count.nullable(),
  /** Times that a worker joined as this node. */
  incarnation: Count,
  createdAt: Timestamp,
  seenAt: Timestamp.nullable(),
  /** Why the node is not ready, in the provider's or worker's words. */
  problem: z.string().nullable(),
});
export type NodeView = z.infer<typeof NodeView>;

/** A cluster with its nodes. */
export const ClusterView = z.object({
  id: ClusterId,
  name: ClusterName,
  state: ClusterState,
  spec: ClusterSpec,
  nodes: z.array(NodeView),
  createdAt: Timestamp,
  downAt: Timestamp.nullable(),
  runningJobs: Count,
  /** Jobs that ended with collected files that nobody has fetched yet. */
  uncollectedJobs: Count,
});
export type ClusterView = z.infer<typeof ClusterView>;

/** `cluster up`: idempotent by name; the same spec again is a no-op, another is `cluster_spec_differs`. */
export const ClusterUp = z.strictObject({ name: ClusterName, spec: ClusterSpec });
export type ClusterUp = z.infer<typeof ClusterUp>;

/** `created` tells whether this request made the cluster. */
export const ClusterUpReply = z.object({ cluster: ClusterView, created: z.boolean() });
export type ClusterUpReply = z.infer<typeof ClusterUpReply>;
