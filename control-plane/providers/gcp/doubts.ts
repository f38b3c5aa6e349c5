import type { Clock } from '../../clock.ts';
import type { Compute } from './compute.ts';
import { type Listed, listMachines } from './machines.ts';
import { isDenied, Refusal } from './refusal.ts';

/** A node about whose machine there may be more to come than the cloud lists. */
export type Ordered = { nodeId: string; isInherited?: boolean | undefined };

/** Orders of which nobody here has heard the end. */
export interface Doubts {
  /** The cloud did not answer an order of this node's machine, or nobody waited for the order's end. */
  add(nodeId: string): void;
  /** Whether such an order may still come to show. */
  isOpen(node: Ordered): boolean;
  /** Whether this node had any. */
  had(node: Ordered): boolean;
  /** What the cloud was asked to make shows in its lists within so many milliseconds. */
  settleMs: number;
}

/**
 * Whoever ordered a machine and died, heard no answer or went away may have been heard all the same. An earlier
 * control plane ordered nothing after this one had started, so that everything shows within `settleMs`
 * of that.
 */
export const createDoubts = (clock: Clock, settleMs: number): Doubts => {
  const startedAt = clock.monotonic();
  const unanswered = new Map<string, number>();
  const since = ({ nodeId, isInherited }: Ordered): number | undefined =>
    unanswered.get(nodeId) ?? (isInherited === true ? startedAt : undefined);
  return {
    settleMs,
    add: (nodeId) => void unanswered.set(nodeId, clock.monotonic()),
    had: (node) => since(node) !== undefined,
    isOpen: (node) => {
      const from = since(node);
      return from !== undefined && clock.monotonic() < from + settleMs;
    },
  };
};

/** Whether the cloud is still at work on an order of ours: its machines may not be listed yet. */
const hasOpenOrder = async (compute: Compute, project: string): Promise<boolean> => {
  try {
    return await compute.call(async ({ globalOperations }, options) => {
      const { autoPaginate: _, ...rest } = options;
      const request = { project, filter: 'status != DONE' };
      for await (const [, { operations }] of globalOperations().aggregatedListAsync(
        request,
        rest,
      )) {
        const ids = (operations ?? []).map(({ clientOperationId }) => clientOperationId ?? '');
        if (ids.some(compute.isOwnRequest)) return true;
      }
      return false;
    });
  } catch (error) {
    // A role of the user's own may lack this one: then time alone has to do.
    if (isDenied(error)) return false;
    throw error;
  }
};

interface Look {
  compute: Compute;
  project: string;
  labels: Readonly<Record<string, string>>;
  doubts: Doubts;
  nodes: readonly Ordered[];
  /** Whether all that was ordered is in the list. */
  isWhole(listed: Listed): boolean;
  /** Milliseconds of patience with an order that the cloud does not end. */
  ms: number;
}

/** Twice a second: this is rare, and short. */
const LOOK_EVERY_MS = 500;

/**
 * What stands in the account, once nothing that was ordered before can still be missing from the list.
 * Throws a `Refusal` where the cloud is at work on it for too long.
 */
export const lookSettled = async (look: Look): Promise<Listed> => {
  const { compute, project, labels, doubts, nodes, isWhole, ms } = look;
  const { clock } = compute;
  const until = clock.monotonic() + ms;
  const now = await listMachines(compute, project, labels);
  if (isWhole(now) || !nodes.some(doubts.had)) return now;
  let openAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    // Asked before the list: what ends in between stands in it, or comes to stand there in time.
    const isAtWork = await hasOpenOrder(compute, project);
    if (isAtWork) openAt = clock.monotonic();
    const isRecent = clock.monotonic() < openAt + doubts.settleMs;
    const isOpen = isAtWork || isRecent || nodes.some(doubts.isOpen);
    const listed = await listMachines(compute, project, labels);
    if (isWhole(listed) || !isOpen) return listed;
    if (clock.monotonic() >= until) {
      const words = 'The cloud is still at work on an earlier order.';
      throw new Refusal(words, { status: null, code: 'timedOut' });
    }
    await clock.sleep(LOOK_EVERY_MS);
  }
};
