import * as z from 'zod';
import { ClusterId, ClusterName, NodeId } from '../ids.ts';
import { ProviderName } from '../px-yaml.ts';
import { ClusterState, NodeState } from '../states.ts';
import { Count, Timestamp } from './common.ts';

/** 100 machines of one's own: each has a connection of the control plane for as long as it is up. */
const HOSTS_MAX = 100;

/** What a cluster should be, defaults filled in. Sizes in bytes, durations in milliseconds (0 = never). */
export const ClusterSpec = z.strictObject({
  provider: ProviderName,
  nodes: z.int().min(1),
  /** 0: as many as each machine has. */
  cpusPerNode: z.int().min(0),
  idleTimeoutMs: z.int().min(0),
  maxLifetimeMs: z.int().min(0),
  /** Machines that are there already, as `user@host:port`; a node each. */
  hosts: z.array(z.string().min(1)).min(1).max(HOSTS_MAX).optional(),
  // What a machine of a cloud should be; each provider has its own defaults.
  memoryBytes: z.int().min(0).optional(),
  diskBytes: z.int().min(0).optional(),
  regions: z.array(z.string().min(1)).optional(),
  zones: z.array(z.string().min(1)).optional(),
  /** `prefer`: on demand where spot machines are sold out. */
  spot: z.union([z.boolean(), z.literal('prefer')]).optional(),
  arch: z.enum(['x86_64', 'arm64', 'any']).optional(),
  burstable: z.boolean().optional(),
  instanceType: z.string().min(1).optional(),
  image: z.string().min(1).optional(),
  /** USD since `up`. */
  maxCostUsd: z.number().positive().optional(),
  project: z.string().min(1).optional(),
  network: z.string().min(1).optional(),
  subnetwork: z.string().min(1).optional(),
  externalIp: z.enum(['all', 'head', 'none']).optional(),
  serviceAccount: z.string().min(1).optional(),
});
export type ClusterSpec = z.infer<typeof ClusterSpec>;

/**
 * How the caller reaches its machines and accounts: variables that hold paths and names, never key
 * material. Kept with the cluster; the same `up` again renews it.
 */
export const ClusterAccess = z.strictObject({
  /** Such as HOME, SSH_AUTH_SOCK, GOOGLE_APPLICATION_CREDENTIALS, CLOUDSDK_CONFIG. They are stored. */
  env: z.record(z.string(), z.string()).default({}),
  /** Host keys that the caller has agreed to (`ssh-ed25519 AAAA…`). */
  hostKeys: z.array(z.string()).default([]),
  /** Keys of hosts that nobody knows yet are taken as they come. */
  acceptNewHostKeys: z.boolean().default(false),
  /** USD an hour that the caller has agreed to. */
  agreedUsdPerHour: z.number().positive().optional(),
  /** The caller has said yes to whatever the ranked offers cost. */
  agreesToAny: z.boolean().optional(),
  /** A network that is named and not there is made. */
  createNetwork: z.boolean().optional(),
  /** The caller waits until it is up and says so (`keep`): where it is gone before that, the cluster goes, too. */
  attended: z.boolean().optional(),
  /** The same for every try of one `up`: a cluster that an earlier try made counts as created. */
  caller: z.string().min(1).max(100).optional(),
});
export type ClusterAccess = z.infer<typeof ClusterAccess>;

/** What a machine of a cloud is and costs; USD an hour. */
export const NodeOffer = z.object({
  instanceType: z.string(),
  region: z.string(),
  /** Empty until its machine is there. */
  zone: z.string(),
  arch: z.string(),
  spot: z.boolean(),
  vcpus: z.number(),
  memoryGib: z.number(),
  usdPerHour: z.object({ machine: z.number(), disk: z.number(), address: z.number() }),
});
export type NodeOffer = z.infer<typeof NodeOffer>;

/** Whose account pays, as far as px may say it. */
export const CloudAccount = z.object({
  /** `Google Cloud Platform`. */
  title: z.string(),
  project: z.string(),
  /** Where px has the credentials from. */
  source: z.string(),
});
export type CloudAccount = z.infer<typeof CloudAccount>;

/** One machine of a cluster. */
export const NodeView = z.object({
  id: NodeId,
  name: z.string(),
  /** Its number in the cluster, from 0; those beyond `spec.nodes` are to go. */
  ordinal: Count.default(0),
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
  /** When its worker was last heard of. */
  seenAt: Timestamp.nullable(),
  /** Load average of its machine over a minute, as its worker said it last. */
  load: z.number().nullable().default(null),
  /** Why the node is not ready, in the provider's or worker's words. */
  problem: z.string().nullable(),
  /** Code of that problem and what to do about it, where px knows. */
  problemCode: z.string().nullable().default(null),
  problemHint: z.string().nullable().default(null),
  /** Milliseconds of each phase of the last making of its machine, in order; null where it has none. */
  phases: z.record(z.string(), z.int().min(0)).nullable().default(null),
  /** Null where it costs nothing. */
  offer: NodeOffer.nullable().default(null),
});
export type NodeView = z.infer<typeof NodeView>;

/** A cluster with its nodes. */
export const ClusterView = z.object({
  id: ClusterId,
  name: ClusterName,
  state: ClusterState,
  spec: ClusterSpec,
  nodes: z.array(NodeView),
  /** Null where nobody pays. */
  account: CloudAccount.nullable().default(null),
  createdAt: Timestamp,
  downAt: Timestamp.nullable(),
  runningJobs: Count,
  /** Jobs that ended with collected files that nobody has fetched yet. */
  uncollectedJobs: Count,
});
export type ClusterView = z.infer<typeof ClusterView>;

/** `cluster up`: idempotent by name; the same spec again is a no-op, another is `cluster_spec_differs`. */
export const ClusterUp = z.strictObject({
  name: ClusterName,
  spec: ClusterSpec,
  access: ClusterAccess.optional(),
});
export type ClusterUp = z.infer<typeof ClusterUp>;

/** `created` tells whether this request made the cluster. */
export const ClusterUpReply = z.object({ cluster: ClusterView, created: z.boolean() });
export type ClusterUpReply = z.infer<typeof ClusterUpReply>;

/** `cluster resize`: so many nodes from now on. Those beyond drain first, and lose nothing. */
export const ClusterResize = z.strictObject({
  nodes: z.int().min(1),
  /** USD an hour that the caller has agreed to, of all nodes together. */
  agreedUsdPerHour: z.number().positive().optional(),
  /** As of ClusterAccess. */
  agreesToAny: z.boolean().optional(),
});
export type ClusterResize = z.infer<typeof ClusterResize>;

/** How a person reaches a node by ssh; what it leaves out is left to ssh's own configuration. */
export const NodeSsh = z.object({
  node: z.string(),
  host: z.string(),
  port: z.int().optional(),
  user: z.string().optional(),
  identityFiles: z.array(z.string()).default([]),
  jump: z.string().optional(),
  proxyCommand: z.string().optional(),
  configFile: z.string().optional(),
  /** Name under which the node's keys are known. */
  alias: z.string(),
  /** The only keys that are taken for it, `ssh-ed25519 AAAA…`. */
  hostKeys: z.array(z.string()),
});
export type NodeSsh = z.infer<typeof NodeSsh>;

/** The nodes of a cluster that are reached by ssh; none where it is this machine. */
export const ClusterSsh = z.object({ nodes: z.array(NodeSsh) });
export type ClusterSsh = z.infer<typeof ClusterSsh>;

/** Which clouds a caller has an account of. */
export const ConnectedAsk = z.strictObject({ access: ClusterAccess });
export type ConnectedAsk = z.infer<typeof ConnectedAsk>;

export const ConnectedReply = z.object({ providers: z.array(ProviderName) });
export type ConnectedReply = z.infer<typeof ConnectedReply>;
