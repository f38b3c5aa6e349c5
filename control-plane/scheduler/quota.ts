/** A node that may run partitions, with its slots. */
interface NodeSlots {
  id: string;
  slots: number;
}

/** Slots of a whole cluster. */
export const slotsOf = (nodes: readonly NodeSlots[]): number =>
  nodes.reduce((sum, { slots }) => sum + slots, 0);

/**
 * Deals `parallel` processes to the nodes by their slots, by largest remainder. Equal remainders go
 * round from node `turn` on, so that many jobs with `-p 1` do not all meet on the first node.
 *
 * @returns processes by node id; their sum is `parallel` where there is a node at all
 */
export const dealParallel = (
  parallel: number,
  nodes: readonly NodeSlots[],
  turn = 0,
): Map<string, number> => {
  const total = slotsOf(nodes);
  if (total === 0) return new Map();
  const shares = nodes.map(({ id, slots }, index) => ({
    id,
    whole: Math.floor((parallel * slots) / total),
    // In integers: fractions would order equal remainders by rounding errors.
    rest: (parallel * slots) % total,
    place: (index - (turn % nodes.length) + nodes.length) % nodes.length,
  }));
  const dealt = shares.reduce((sum, { whole }) => sum + whole, 0);
  const byRest = [...shares].sort((a, b) => b.rest - a.rest || a.place - b.place);
  const lucky = new Set(byRest.slice(0, parallel - dealt));
  return new Map(shares.map((share) => [share.id, share.whole + (lucky.has(share) ? 1 : 0)]));
};
