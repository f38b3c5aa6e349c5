import { type ErrorCode, PxError } from '../../protocol/errors.ts';
import type { Claim } from '../../protocol/messages/worker.ts';
import type { Deps } from '../deps.ts';
import { nodeTopic, workTopic } from '../notices.ts';
import { failJob } from './cancel.ts';
import type { LiveLease } from './lease-table.ts';
import { leasesOf } from './leases.ts';
import { type Looked, lookUp } from './lookup.ts';
import type { Round } from './scene.ts';
import { askForSteals } from './steal.ts';
import { takeLeases } from './take.ts';

interface Claimant {
  nodeId: string;
  clusterId: string;
}

/**
 * What an earlier answer to the same claim gave, where that got lost. After a restart the nonces are
 * forgotten: the first claim of a node gets what it holds unstarted (a worker knows its leases).
 */
const repeated = (deps: Deps, { nodeId }: Claimant, nonce: string): LiveLease[] | null => {
  const last = deps.execution.claims.get(nodeId);
  const table = leasesOf(deps);
  if (last !== undefined && last.nonce !== nonce) return null;
  const leases =
    last?.leases.filter(
      (lease) => table.get(lease.jobId, lease.partition, lease.epoch) === lease,
    ) ?? [...table.ofNode(nodeId)].filter((lease) => !lease.started);
  return leases.length > 0 ? leases : null;
};

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

const again = (deps: Deps, who: Claimant, claim: Claim, round: Round): number | null => {
  if (claim.idle === 0) return round.againMs;
  const steal = askForSteals(deps, who, claim.idle);
  return steal === null ? round.againMs : Math.min(steal, round.againMs ?? steal);
};

const soonest = (times: readonly (number | null)[]): number | null => {
  const known = times.filter((ms) => ms !== null);
  return known.length === 0 ? null : Math.min(...known);
};

const NOTHING_NEW = 'nothing new';

/** Waits for a notice, or until it is time to look again. */
const pause = async (
  deps: Deps,
  waiting: Promise<boolean>,
  againMs: number | null,
  signal: AbortSignal,
): Promise<void> => {
  if (againMs === null) await waiting;
  else await Promise.race([waiting, deps.clock.sleep(againMs, signal)]);
};

/**
 * Leases for a node: at once where there are some, else as soon as there are, else none after
 * `waitMs`. The same nonce gets the same leases.
 */
export const claimLeases = async (
  deps: Deps,
  who: Claimant,
  claim: Claim,
  signal: AbortSignal,
): Promise<LiveLease[]> => {
  const { clock, notices, execution } = deps;
  const topics = [workTopic(who.clusterId), nodeTopic(who.nodeId)];
  const deadline = clock.monotonic() + claim.waitMs;
  while (!signal.aborted) {
    const known = repeated(deps, who, claim.nonce);
    if (known !== null) return known;
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const left = deadline - clock.monotonic();
    const waiting = notices.wait(topics, Math.max(0, left), either);
    try {
      const round = takeLeases(deps, who.nodeId, who.clusterId, claim);
      if (round.leases.length > 0) {
        execution.claims.set(who.nodeId, { nonce: claim.nonce, leases: round.leases });
        // The worker may have given this poll up and asked again with the same nonce.
        notices.notify(nodeTopic(who.nodeId));
        return round.leases;
      }
      const looked = await Promise.all(round.lookups.map((jobId) => lookUpOnce(deps, jobId)));
      if (looked.some(({ count }) => count > 0)) continue;
      if (left <= 0) break;
      const times = [again(deps, who, claim, round), ...looked.map(({ againMs }) => againMs)];
      await pause(deps, waiting, soonest(times), either);
    } finally {
      over.abort(NOTHING_NEW);
    }
  }
  if (!signal.aborted) execution.claims.set(who.nodeId, { nonce: claim.nonce, leases: [] });
  return [];
};
