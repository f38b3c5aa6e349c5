import type { Member, Roster } from '../store/nodes.ts';
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
  clusterId: string;
  node: Member;
  roster: Roster;
  /** Shares of `-p` by node, by job, as far as they were dealt. */
  quotas: Map<string, ReadonlyMap<string, number>>;
  held: readonly LiveLease[];
  round: Round;
}
