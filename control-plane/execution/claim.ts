import { type ErrorCode, PxError } from '../../protocol/errors.ts';
import type { Claim } from '../../protocol/messages/worker.ts';
import type { Deps } from '../deps.ts';
import { nodeTopic, workTopic } from '../notices.ts';
import { failJob } from './cancel.ts';
import type { LiveLease } from './lease-table.ts';
import { type Looked, lookUp } from './lookup.ts';
import type { Taker } from './state.ts';
import { seekWork } from './steal.ts';
import { takeTogether } from './takers.ts';

type Claimant = Pick<Taker, 'nodeId' | 'clusterId' | 'isFresh'>;

const OF_THE_JOB: readonly ErrorCode[] = ['blob_missing', 'input_damaged'];

/** Sums that are gone, or a damaged input, fail their own job, and not every claim of its cluster. */
const lookUpOrFail = async (deps: Deps, jobId: string): Promise<Looked> => {
  try {
    return await lookUp(deps, jobId);
  } catch (cause) {
    if (!(cause instanceof PxError) || !OF_THE_JOB.includes(cause.code)) throw cause;
    failJob(deps, jobId, cause);
    return { count: 0, againMs: null };
  }
};

/** One lookup of a resumed job at a time; those who wait look again when it is done. */
const lookUpOnce = (deps: Deps, jobId: string): Promise<Looked> => {
  const { lookups } = deps.execution;
  const going = lookups.get(jobId);
  if (going !== undefined) return going;
  const started = lookUpOrFail(deps, jobId).finally(() => lookups.delete(jobId));
  lookups.set(jobId, started);
  return started;
};

const soonest = (times: readonly (number | null)[]): number | null => {
  const known = times.filter((ms) => ms !== null);
  return known.length === 0 ? null : Math.min(...known);
};

const NOTHING_NEW = 'nothing new';
const REPEATED = 'the claim was repeated';

/** 8 nonces: a request that was given up is not on its way for longer than that. */
const NONCES = 8;

/**
 * Whether a claim comes behind its successor. A worker has a new nonce once the last was answered: a
 * request with an older one was given up, and leases for it would reach nobody.
 */
const isLate = ({ execution }: Deps, { nodeId }: Claimant, nonce: string): boolean => {
  const seen = execution.nonces.get(nodeId) ?? [];
  if (seen.includes(nonce)) return seen.at(-1) !== nonce;
  execution.nonces.set(nodeId, [...seen, nonce].slice(-NONCES));
  return false;
};

/** Waits for a notice, or until it is time to look again; false where there is nothing to look at. */
const pause = async (
  deps: Deps,
  waiting: Promise<boolean>,
  againMs: number | null,
  signal: AbortSignal,
): Promise<boolean> => {
  if (againMs === null) return waiting;
  await Promise.race([waiting, deps.clock.sleep(againMs, signal)]);
  return true;
};

const keepTrying = async (
  deps: Deps,
  who: Claimant,
  claim: Claim,
  signal: AbortSignal,
): Promise<LiveLease[]> => {
  const { clock, notices, execution } = deps;
  const topics = [workTopic(who.clusterId), nodeTopic(who.nodeId)];
  const deadline = clock.monotonic() + claim.waitMs;
  while (!signal.aborted) {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const left = deadline - clock.monotonic();
    const waiting = notices.wait(topics, Math.max(0, left), either);
    let full = (): void => undefined;
    try {
      const round = await takeTogether(deps, { ...who, claim, signal });
      if (round.leases.length > 0) {
        // The worker may have given this poll up and asked again with the same nonce.
        notices.notify(nodeTopic(who.nodeId));
        return round.leases;
      }
      const looked = await Promise.all(round.lookups.map((jobId) => lookUpOnce(deps, jobId)));
      if (looked.some(({ count }) => count > 0)) continue;
      if (left <= 0) break;
      if (claim.idle > 0) full = seekWork(deps, who, claim.idle);
      const times = [round.againMs, ...looked.map(({ againMs }) => againMs)];
      if (!(await pause(deps, waiting, soonest(times), either))) break;
    } finally {
      full();
      over.abort(NOTHING_NEW);
    }
  }
  if (!signal.aborted) execution.claims.set(who.nodeId, { nonce: claim.nonce, leases: [] });
  return [];
};

/**
 * Leases for a node: at once where there are some, else as soon as there are, else none after
 * `waitMs`. The same nonce gets the same leases: a claim that is repeated ends the one before, which may
 * belong to a connection whose end has not been seen yet and would take leases to nowhere.
 */
export const claimLeases = async (
  deps: Deps,
  who: Claimant,
  claim: Claim,
  signal: AbortSignal,
): Promise<LiveLease[]> => {
  const { claiming } = deps.execution;
  if (isLate(deps, who, claim.nonce)) return [];
  const before = claiming.get(who.nodeId);
  if (before?.nonce === claim.nonce) before.poll.abort(REPEATED);
  const own = { nonce: claim.nonce, poll: new AbortController() };
  claiming.set(who.nodeId, own);
  try {
    return await keepTrying(deps, who, claim, AbortSignal.any([signal, own.poll.signal]));
  } finally {
    if (claiming.get(who.nodeId) === own) claiming.delete(who.nodeId);
  }
};
