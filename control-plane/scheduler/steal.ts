/** A lease that has not been started. */
interface Waiting {
  nodeId: string;
  /** Milliseconds of the monotonic clock. */
  leasedAt: number;
  /** Its node was asked to give it back. */
  asked: boolean;
}

export interface Victim {
  id: string;
  slots: number;
  /** Leases that run in its slots. */
  running: number;
}

/** Younger leases are likely on their way into a slot: asking for them would only cost messages. */
const SETTLE_MS = 100;

/**
 * Which waiting leases should come back for `idle` slots of other nodes: the youngest of those that
 * queue behind busy slots, from the fullest node first, and half of them at most, so that two nodes
 * do not pass the same lease to and fro.
 *
 * @param waiting unstarted leases of the cluster that an idle node could run, in the order of their lease
 */
export const chooseSteals = <W extends Waiting>(
  waiting: readonly W[],
  victims: readonly Victim[],
  idle: number,
  now: number,
): W[] => {
  const byNode = Map.groupBy(waiting, ({ nodeId }) => nodeId);
  const queues = victims
    .map((victim) => {
      const own = byNode.get(victim.id) ?? [];
      // The first of them are about to get the slots that are free.
      const behind = own.slice(Math.max(0, victim.slots - victim.running));
      const movable = behind.slice(Math.floor(behind.length / 2));
      return movable.filter((lease) => now - lease.leasedAt >= SETTLE_MS).reverse();
    })
    .sort((a, b) => b.length - a.length);
  const already = waiting.filter((lease) => lease.asked).length;
  return queues
    .flat()
    .filter((lease) => !lease.asked)
    .slice(0, Math.max(0, idle - already));
};

/** When the idle nodes should look again for something to take over, null where nothing waits. */
export const stealAgainMs = (waiting: readonly Waiting[], now: number): number | null => {
  const fresh = waiting.filter((lease) => !lease.asked);
  if (fresh.length === 0) return null;
  const youngest = fresh.reduce((at, lease) => Math.max(at, lease.leasedAt), 0);
  return Math.max(SETTLE_MS, youngest + SETTLE_MS - now);
};
