import * as z from 'zod';

/** Partition: pending → leased → running → succeeded | failed | canceled. A lost lease returns it to pending. */
export const PartitionState = z.enum([
  'pending',
  'leased',
  'running',
  'succeeded',
  'failed',
  'canceled',
]);
export type PartitionState = z.infer<typeof PartitionState>;

/** Node: provisioning → ready → draining → terminated, or lost. */
export const NodeState = z.enum(['provisioning', 'ready', 'draining', 'terminated', 'lost']);
export type NodeState = z.infer<typeof NodeState>;

/** Job: queued → running → succeeded | failed | canceled. */
export const JobState = z.enum(['queued', 'running', 'succeeded', 'failed', 'canceled']);
export type JobState = z.infer<typeof JobState>;

/** Cluster: up from the moment it is asked for until its last node is terminated. */
export const ClusterState = z.enum(['up', 'going_down', 'down']);
export type ClusterState = z.infer<typeof ClusterState>;

/** Whether a job has reached a state that it only leaves by `retry`. */
export const isFinal = (state: JobState): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'canceled';
