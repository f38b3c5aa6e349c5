import { setImmediate as endOfTick } from 'node:timers/promises';
import type { Deps } from '../deps.ts';
import { nodeTopic } from '../notices.ts';
import { dealParallel } from '../scheduler/quota.ts';
import { chooseSteals, stealAgainMs, type Victim } from '../scheduler/steal.ts';
import { findJobRow } from '../store/job-progress.ts';
import { type Roster, rosterOf } from '../store/nodes.ts';
import type { LiveLease } from './lease-table.ts';
import { leasesOf } from './leases.ts';
import type { Hungry } from './state.ts';

/** Whether the job may run one more process on one of the nodes. */
const hasRoom = (
  deps: Deps,
  jobId: string,
  hungry: readonly Hungry[],
  { ready }: Roster,
): boolean => {
  const job = findJobRow(deps.db, jobId);
  if (job === undefined) return false;
  if (job.spec.parallel === null) return true;
  const quotas = dealParallel(job.spec.parallel, ready, job.seq);
  return hungry.some(({ nodeId }) => {
    const held = [...leasesOf(deps).ofNode(nodeId)].filter((lease) => lease.jobId === jobId);
    return held.length < (quotas.get(nodeId) ?? 0);
  });
};

const isMovable = (lease: LiveLease): boolean =>
  !lease.started && !lease.glob && !lease.pinned && !lease.beside && !lease.alone;

/**
 * Asks nodes to give back what they have not started, for the idle slots of those that got nothing
 * else. They answer with `released`, which brings the partitions back to pending.
 *
 * @returns milliseconds after which it is worth looking again, null where nothing waits elsewhere
 */
const askForSteals = (deps: Deps, clusterId: string): number | null => {
  const table = leasesOf(deps);
  if (table.size === 0) return null;
  const roster = rosterOf(deps.db, clusterId);
  const hungry = [...(deps.execution.hungry.get(clusterId) ?? [])].filter(({ nodeId }) =>
    roster.byId.has(nodeId),
  );
  if (hungry.length === 0) return null;
  const fed = new Set(hungry.map(({ nodeId }) => nodeId));
  const rooms = new Map<string, boolean>();
  const waiting: LiveLease[] = [];
  const victims: Victim[] = [];
  for (const { id, slots } of roster.ready) {
    if (fed.has(id)) continue;
    let running = 0;
    for (const lease of table.ofNode(id)) {
      if (lease.started && !lease.beside) running += 1;
      if (!isMovable(lease)) continue;
      const known = rooms.get(lease.jobId) ?? hasRoom(deps, lease.jobId, hungry, roster);
      rooms.set(lease.jobId, known);
      if (known) waiting.push(lease);
    }
    victims.push({ id, slots, running });
  }
  const now = deps.clock.monotonic();
  const idle = hungry.reduce((sum, one) => sum + one.idle, 0);
  for (const lease of chooseSteals(waiting, victims, idle, now)) {
    lease.asked = true;
    deps.notices.notify(nodeTopic(lease.nodeId));
  }
  return stealAgainMs(waiting, now);
};

/** One look for all idle nodes of the cluster, again and again while there is something to hope for. */
const keepLooking = async (deps: Deps, clusterId: string): Promise<void> => {
  const { clock, execution, log, server } = deps;
  if (execution.stealing.has(clusterId)) return;
  execution.stealing.add(clusterId);
  try {
    await endOfTick();
    while (!server.signal.aborted) {
      const againMs = askForSteals(deps, clusterId);
      if (againMs === null) return;
      await clock.sleep(againMs, server.signal);
    }
  } catch (cause) {
    log.warn('nothing was moved to idle nodes', { error: `${cause}` });
  } finally {
    execution.stealing.delete(clusterId);
  }
};

/** The node has idle slots and got nothing: work of others is sought for it, until the returned function is called. */
export const seekWork = (
  deps: Deps,
  who: { nodeId: string; clusterId: string },
  idle: number,
): (() => void) => {
  const { hungry } = deps.execution;
  const mine = { nodeId: who.nodeId, idle };
  const all = hungry.get(who.clusterId) ?? new Set();
  hungry.set(who.clusterId, all.add(mine));
  void keepLooking(deps, who.clusterId);
  return () => {
    all.delete(mine);
    if (all.size === 0 && hungry.get(who.clusterId) === all) hungry.delete(who.clusterId);
  };
};
