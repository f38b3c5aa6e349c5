import type { Held } from './book.ts';

/** A running attempt may go on for 5/6 of its lease without an acknowledgement. */
const FENCE_SHARE = 5 / 6;

/**
 * The leases whose attempts must not go on: nothing was heard of them for 5/6 of a lease, so that
 * another node may soon have them. What has ended keeps its spool and reports later.
 *
 * @param now monotonic milliseconds that count suspend
 */
export const pastFence = (held: readonly Held[], leaseMs: number, now: number): Held[] =>
  held.filter(
    ({ phase, acknowledgedAt }) =>
      phase !== 'ended' && now - acknowledgedAt >= leaseMs * FENCE_SHARE,
  );
