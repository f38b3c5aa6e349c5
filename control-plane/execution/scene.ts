import type { NodeRow } from '../store/nodes.ts';
import type { LiveLease } from './lease-table.ts';

/** What one look of a claim brought. */
export interface Round {
  leases: LiveLease[];
  /** Look again after so many milliseconds though nothing changed; null = wait for a notice. */
  againMs: number | null;
  /** Jobs whose partitions have to be looked up in the sums of an earlier run first. */
  lookups: string[];
}

/** One claim's look at its cluster, inside the transaction. */
export interface Scene {
  node: NodeRow;
  /** Nodes of the cluster that take part. */
  nodes: NodeRow[];
  held: readonly LiveLease[];
  round: Round;
}
