import { setImmediate as endOfTick } from 'node:timers/promises';
import type { Deps } from '../deps.ts';
import type { LiveLease } from './lease-table.ts';
import { leasesOf } from './leases.ts';
import type { Round } from './scene.ts';
import type { Taker } from './state.ts';
import { takeLeases } from './take.ts';

/** 128 claims: more of them gain nothing, and nobody else gets a word in meanwhile. */
const GROUP_MAX = 128;

const none = (): Round => ({ leases: [], againMs: null, lookups: [] });

/**
 * What an earlier answer to the same claim gave, where that got lost. After a restart the nonces are
 * forgotten: the first claim of a node gets what it holds unstarted (a worker knows its leases).
 */
const repeated = (deps: Deps, { nodeId, claim }: Taker): LiveLease[] | null => {
  const last = deps.execution.claims.get(nodeId);
  const table = leasesOf(deps);
  if (last !== undefined && last.nonce !== claim.nonce) return null;
  const leases =
    last?.leases.filter(
      (lease) => table.get(lease.jobId, lease.partition, lease.epoch) === lease,
    ) ?? [...table.ofNode(nodeId)].filter((lease) => !lease.started);
  return leases.length > 0 ? leases : null;
};

/** The next claims, one of a node: a second one must see what the first was given. */
const nextGroup = (waiting: Taker[]): Taker[] => {
  const group = new Map<string, Taker>();
  let count = 0;
  for (const taker of waiting) {
    if (group.size >= GROUP_MAX || group.has(taker.nodeId)) break;
    group.set(taker.nodeId, taker);
    count += 1;
  }
  waiting.splice(0, count);
  return [...group.values()];
};

const answer = (deps: Deps, { nodeId, claim, resolve }: Taker, round: Round): void => {
  if (round.leases.length > 0) {
    deps.execution.claims.set(nodeId, { nonce: claim.nonce, leases: round.leases });
  }
  resolve(round);
};

const serve = (deps: Deps, group: readonly Taker[]): void => {
  try {
    const rounds = takeLeases(deps, group);
    for (const [index, taker] of group.entries()) answer(deps, taker, rounds[index] ?? none());
  } catch (cause) {
    if (group.length > 1) for (const taker of group) serve(deps, [taker]);
    else for (const taker of group) taker.reject(cause);
  }
};

/** Who has gone, or asks again, needs nothing new. */
const isNew = (deps: Deps, taker: Taker): boolean => {
  try {
    const leases = taker.signal.aborted ? [] : repeated(deps, taker);
    if (leases === null) return true;
    taker.resolve({ ...none(), leases });
  } catch (cause) {
    taker.reject(cause);
  }
  return false;
};

const drain = async (deps: Deps): Promise<void> => {
  const { takers } = deps.execution;
  // Whatever else came in with this tick shares the commit.
  await endOfTick();
  while (takers.length > 0) {
    const group = nextGroup(takers).filter((taker) => isNew(deps, taker));
    if (group.length > 0) serve(deps, group);
    // Answers go out, and reports get their turn.
    if (takers.length > 0) await endOfTick();
  }
};

/** Takes leases with whoever else claims in this tick; the same nonce gets the same leases. */
export const takeTogether = (
  deps: Deps,
  taker: Omit<Taker, 'resolve' | 'reject'>,
): Promise<Round> =>
  new Promise((resolve, reject) => {
    const { takers } = deps.execution;
    takers.push({ ...taker, resolve, reject });
    if (takers.length === 1) void drain(deps);
  });
