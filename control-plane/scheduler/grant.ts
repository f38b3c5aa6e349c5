/** What a node can still take, and what it holds. */
export interface Capacity {
  /** Slots of the node. */
  slots: number;
  /** Slots with nothing to run, as the worker says. */
  idle: number;
  /** Leases that it holds and has not started, as the worker says. */
  queued: number;
}

/** A job as one claim sees it. */
interface JobLoad {
  /** Processes of the job that this node may run at a time; null = its slots. */
  quota: number | null;
  /** Leases of the job that this node holds now, those in extra slots counted apart. */
  held: number;
  heldBeside: number;
  /** Mean runtime of an attempt so far, null while unknown. */
  meanMs: number | null;
  /** Partitions that nobody has leased yet, null while unknown. */
  unleased: number | null;
  /** This node's part of the slots of the cluster, 0 … 1. */
  slotShare: number;
}

/** How many leases a job may be given by one claim. */
export interface Grant {
  /** Start in an extra slot, opened for this job alone. */
  beside: number;
  /** Start in an idle slot. */
  fill: number;
  /** Wait on the node for a slot. */
  ahead: number;
}

/** A second of work ahead hides the round trip of a claim, and is what a steal may have to move. */
const AHEAD_MS = 1000;
/** 512 leases: bounds an answer's size where partitions take next to no time. */
const AHEAD_MAX = 512;
/** 64 extra slots a claim: while a node starts thousands of processes at once it renews no lease. */
const BESIDE_MAX = 64;
/** Below this a partition counts as if it took so long: starting a process costs as much. */
const SHORTEST_MS = 1;

const aheadOf = (node: Capacity, job: JobLoad): number => {
  // Above a second one more waits at most, and only where slots are idle: none.
  if (job.meanMs === null || job.meanMs > AHEAD_MS) return 0;
  const width = Math.min(node.slots, job.quota ?? node.slots);
  const second = Math.floor((AHEAD_MS / Math.max(job.meanMs, SHORTEST_MS)) * width);
  // Near the end no node hoards what others could run at once.
  const fair = job.unleased === null ? AHEAD_MAX : Math.ceil((job.unleased * job.slotShare) / 2);
  const wanted = Math.max(0, Math.min(second, fair, AHEAD_MAX));
  // Not before half of it is used up: else every end of an attempt would bring a claim for the next.
  return node.queued * 2 > wanted ? 0 : wanted - node.queued;
};

/**
 * Leases for one job on one node. A job with `quota` below the node's slots gets no work ahead, since
 * the worker would start it in any slot that is free.
 */
export const grantOf = (node: Capacity, job: JobLoad): Grant => {
  const extra = Math.max(0, (job.quota ?? 0) - node.slots);
  const beside = Math.min(BESIDE_MAX, Math.max(0, extra - job.heldBeside));
  const isNarrow = job.quota !== null && job.quota < node.slots;
  const room = isNarrow ? Math.max(0, (job.quota ?? 0) - job.held) : node.idle;
  const fill = Math.min(Math.max(0, node.idle - node.queued), room);
  return { beside, fill, ahead: isNarrow ? 0 : aheadOf(node, job) };
};

/** What is left of a node after it took `fill` and `ahead` leases. */
export const afterTaking = (node: Capacity, fill: number, ahead: number): Capacity => ({
  ...node,
  idle: node.idle - fill,
  queued: node.queued + ahead,
});
