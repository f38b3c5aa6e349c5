import type { Deps } from '../deps.ts';
import { nodeTopic } from '../notices.ts';
import { dealParallel } from '../scheduler/quota.ts';
import { chooseSteals, stealAgainMs, type Victim } from '../scheduler/steal.ts';
import { findJobRow } from '../store/job-progress.ts';
import { listNodes, type NodeRow } from '../store/nodes.ts';
import type { LiveLease } from './lease-table.ts';
import { leasesOf } from './leases.ts';

/** Whether the job may run one more process on the node. */
const hasRoom = (deps: Deps, jobId: string, nodeId: string, ready: readonly NodeRow[]): boolean => {
  const job = findJobRow(deps.db, jobId);
  if (job === undefined) return false;
  if (job.spec.parallel === null) return true;
  const quota = dealParallel(job.spec.parallel, ready, job.seq).get(nodeId) ?? 0;
  const held = [...leasesOf(deps).ofNode(nodeId)].filter((lease) => lease.jobId === jobId);
  return held.length < quota;
};

const victimOf = (deps: Deps, { id, slots }: NodeRow): Victim => {
  const running = [...leasesOf(deps).ofNode(id)].filter((lease) => lease.started && !lease.beside);
  return { id, slots, running: running.length };
};

/**
 * Asks other nodes to give back what they have not started, for the idle slots of a node that got
 * nothing else. They answer with `released`, which brings the partitions back to pending.
 *
 * @returns milliseconds after which it is worth looking again, null where nothing waits elsewhere
 */
export const askForSteals = (
  deps: Deps,
  who: { nodeId: string; clusterId: string },
  idle: number,
): number | null => {
  const table = leasesOf(deps);
  const ready = listNodes(deps.db, who.clusterId).filter(({ state }) => state === 'ready');
  if (!ready.some(({ id }) => id === who.nodeId)) return null;
  const others = ready.filter(({ id }) => id !== who.nodeId);
  const unstarted = others.flatMap(({ id }) =>
    [...table.ofNode(id)].filter(
      (lease) => !lease.started && !lease.glob && !lease.pinned && !lease.beside && !lease.alone,
    ),
  );
  const rooms = new Map<string, boolean>();
  const waiting: LiveLease[] = [];
  for (const lease of unstarted) {
    const known = rooms.get(lease.jobId) ?? hasRoom(deps, lease.jobId, who.nodeId, ready);
    rooms.set(lease.jobId, known);
    if (known) waiting.push(lease);
  }
  const now = deps.clock.monotonic();
  const victims = others.map((node) => victimOf(deps, node));
  for (const lease of chooseSteals(waiting, victims, idle, now)) {
    lease.asked = true;
    deps.notices.notify(nodeTopic(lease.nodeId));
  }
  return stealAgainMs(waiting, now);
};
