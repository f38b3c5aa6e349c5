import type { ClusterState, NodeState } from '../../protocol/states.ts';

/** First delay and the longest one between launches of a node whose worker does not come to join. */
const LAUNCH_DELAY_MS = 250;
const LAUNCH_DELAY_MAX_MS = 30_000;

/** Milliseconds until a node may be launched again after so many launches without a join. */
export const launchDelay = (failures: number): number =>
  Math.min(LAUNCH_DELAY_MS * 2 ** failures, LAUNCH_DELAY_MAX_MS);

interface NodeFacts {
  cluster: ClusterState;
  node: NodeState;
  /** What the provider says; null where the node was never made as far as the database knows. */
  machine: 'running' | 'gone' | null;
  restarts: boolean;
  /** Its join token is past its time and it has not joined. */
  joinExpired: boolean;
  /** No launch before this moment, same clock as `now`. */
  notBefore: number;
}

/** What to do for one node: `launch` makes its machine (again), `lose` records that it is gone. */
export const decideNode = (facts: NodeFacts, now: number): 'none' | 'launch' | 'lose' => {
  if (facts.cluster !== 'up') return 'none';
  const isWaiting = facts.node === 'provisioning';
  const isMissing = facts.machine === null ? isWaiting : facts.machine === 'gone';
  if (!isMissing && !(isWaiting && facts.joinExpired)) return 'none';
  if (facts.machine !== null && !facts.restarts) {
    return facts.node === 'lost' || facts.node === 'terminated' ? 'none' : 'lose';
  }
  return now >= facts.notBefore ? 'launch' : 'none';
};

interface IdleFacts {
  /** Jobs that are queued or running, and those with files that nobody fetched. */
  work: number;
  /** When it was last seen with work (or first seen at all), same clock as `now`. */
  busyAt: number;
  /** 0 = never. */
  idleTimeoutMs: number;
}

/** Whether an idle cluster has had its time. */
export const isIdleTooLong = ({ work, busyAt, idleTimeoutMs }: IdleFacts, now: number): boolean =>
  work === 0 && idleTimeoutMs > 0 && now - busyAt >= idleTimeoutMs;

/** 10 minutes, or a tenth of a short life: what runs may end in that time, nothing new begins. */
const DRAIN_MS = 600_000;
const DRAIN_SHARE = 10;

interface AgeFacts {
  node: NodeState;
  /** Milliseconds since its machine was made. */
  ageMs: number;
  /** 0 = no limit. */
  maxLifetimeMs: number;
  /** Attempts that hold a lease on it, counted only where that matters. */
  leases: () => number;
}

/** What the age of a node asks for: `drain` shortly before its end, `end` then or as soon as it is empty. */
export const decideAge = ({ node, ageMs, maxLifetimeMs, leases }: AgeFacts) => {
  const drainMs = Math.min(DRAIN_MS, maxLifetimeMs / DRAIN_SHARE);
  if (maxLifetimeMs === 0 || ageMs < maxLifetimeMs - drainMs) return 'none';
  if (ageMs >= maxLifetimeMs) return node === 'ready' || node === 'draining' ? 'end' : 'none';
  if (node === 'ready') return 'drain';
  return node === 'draining' && leases() === 0 ? 'end' : 'none';
};

/** At nine tenths no new work begins: what runs may end within the last one. */
const NEAR_SHARE = 0.9;

interface SpendingFacts {
  /** USD since `up`. */
  spentUsd: number;
  maxCostUsd: number;
  /** Attempts that hold a lease on its nodes. */
  leases: number;
}

/** What the money that was spent asks for: `drain` near the limit, `end` at it or as soon as nothing runs. */
export const decideSpending = ({
  spentUsd,
  maxCostUsd,
  leases,
}: SpendingFacts): 'none' | 'drain' | 'end' => {
  if (spentUsd < maxCostUsd * NEAR_SHARE) return 'none';
  return spentUsd >= maxCostUsd || leases === 0 ? 'end' : 'drain';
};

/** Whether nobody has looked for too long at a cluster that is still coming up. */
export const isAbandoned = (
  { attendedAt, unattendedMs }: { attendedAt: number; unattendedMs: number },
  now: number,
): boolean => now - attendedAt >= unattendedMs;
