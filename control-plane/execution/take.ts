import type { Deps } from '../deps.ts';
import { jobTopic } from '../notices.ts';
import { LAG_MAX_BYTES } from '../output/pace.ts';
import { afterTaking, type Capacity, type Grant, grantOf } from '../scheduler/grant.ts';
import { dealParallel } from '../scheduler/quota.ts';
import { hasActiveJob, type JobRow, listActiveJobs } from '../store/job-progress.ts';
import { rosterOf } from '../store/nodes.ts';
import { listPending } from '../store/partitions.ts';
import type { Change } from './change.ts';
import { commit } from './commit.ts';
import { givePinned } from './every-node.ts';
import { give, type Wish } from './give.ts';
import { giveGlob } from './glob.ts';
import { spendJoinToken } from './join.ts';
import type { LiveLease } from './lease-table.ts';
import { leasesOf } from './leases.ts';
import type { Round, Scene } from './scene.ts';
import type { Taker } from './state.ts';

/** Jobs that one claim looks at: behind so many open ones no slot is left in practice. */
const JOBS_MAX = 256;

/** While a reader lags nobody tells when it has caught up. */
const PACE_AGAIN_MS = 250;

const soonest = (round: Round, ms: number | null): void => {
  if (ms !== null) round.againMs = Math.min(round.againMs ?? ms, ms);
};

const quotaOf = (job: JobRow, { node, roster, quotas }: Scene): number | null => {
  const { parallel } = job.spec;
  if (parallel === null) return null;
  const dealt = quotas.get(job.id) ?? dealParallel(parallel, roster.ready, job.seq);
  quotas.set(job.id, dealt);
  return dealt.get(node.id) ?? 0;
};

const grantFor = (deps: Deps, scene: Scene, job: JobRow, capacity: Capacity): Grant => {
  const own = scene.held.filter((lease) => lease.jobId === job.id);
  const heldBeside = own.filter((lease) => lease.beside).length;
  const { partitions, nextPartition, pending } = job;
  return grantOf(capacity, {
    quota: quotaOf(job, scene),
    held: own.length - heldBeside,
    heldBeside,
    meanMs: deps.execution.runtimes.meanOf(job.id),
    unleased: partitions === null ? null : partitions - nextPartition + pending,
    slotShare: scene.node.slots / Math.max(1, scene.roster.slots),
  });
};

/** How a lagging reader limits the job: only the head of `--order` may go on, since it waits for that. */
const isHeadFree = (deps: Deps, job: JobRow): boolean => {
  const first = listPending(deps.db, job.id, { kind: 'free' }, 1)[0]?.number ?? job.nextPartition;
  for (const lease of leasesOf(deps).ofJob(job.id)) if (lease.partition < first) return false;
  return true;
};

const paced = (deps: Deps, round: Round, job: JobRow, grant: Grant): Grant => {
  if (deps.pace.lagOf(job.id) <= LAG_MAX_BYTES) return grant;
  soonest(round, PACE_AGAIN_MS);
  const isFree = job.spec.order && isHeadFree(deps, job);
  const none = { beside: 0, fill: 0, ahead: 0 };
  if (!isFree) return none;
  if (grant.fill > 0) return { ...none, fill: 1 };
  return { ...none, beside: Math.min(1, grant.beside) };
};

/** `full`: the node has no room for the jobs behind either. */
type Step = { capacity: Capacity; full: boolean };

const takeFromJob = (change: Change, scene: Scene, job: JobRow, capacity: Capacity): Step => {
  const { deps } = change;
  const { round } = scene;
  if (job.spec.input.kind === 'files' && job.sealedLength === null) {
    const got = capacity.idle > 0 ? giveGlob(change, job, scene.node) : null;
    if (got === null) return { capacity, full: false };
    round.leases.push(got);
    return { capacity: afterTaking(capacity, 1, 0), full: false };
  }
  const offered = grantFor(deps, scene, job, capacity);
  const wish: Wish = paced(deps, round, job, offered);
  const wanted = wish.beside + wish.fill + wish.ahead;
  // No room here, though the job has work: the jobs behind wait for their turn.
  const isWaiting = job.pending > 0 || !job.cutDone;
  if (wanted === 0) return { capacity, full: isWaiting && capacity.idle <= 0 && wish === offered };
  const given = give(change, scene, job, wish);
  round.leases.push(...given.leases);
  soonest(round, given.againMs);
  if (given.lookup) round.lookups.push(job.id);
  if (given.alone) return { capacity, full: true };
  const fill = Math.min(given.leases.length, wish.fill);
  const ahead = Math.max(0, given.leases.length - wish.fill - wish.beside);
  const left = afterTaking(capacity, fill, ahead);
  return { capacity: left, full: left.idle <= 0 && given.leases.length === wanted };
};

const hasWork = (job: JobRow): boolean => !job.closing && (job.pending > 0 || !job.cutDone);

const takeAll = (
  change: Change,
  scene: Scene,
  open: readonly JobRow[],
  claim: Taker['claim'],
): void => {
  const { node, round } = scene;
  const jobs = open.filter(hasWork);
  for (const job of jobs) {
    if (job.spec.everyNode) round.leases.push(...givePinned(change, scene, job));
  }
  if (scene.held.some((lease) => lease.alone)) return;
  let capacity: Capacity = { slots: node.slots, idle: claim.idle, queued: claim.queued };
  for (const job of jobs) {
    if (job.spec.everyNode) continue;
    const step = takeFromJob(change, scene, job, capacity);
    capacity = step.capacity;
    if (step.full) return;
  }
};

const begin = (change: Change, leases: readonly LiveLease[]): void => {
  for (const lease of leases) {
    change.begun.push(lease);
    const job = change.job(lease.jobId);
    if (job.state !== 'queued') continue;
    job.state = 'running';
    job.startedAt ??= change.at;
    const data = { state: job.state, problem: null };
    change.record(job, 'job', { partition: null, attempt: null }, data);
    change.topics.add(jobTopic(job.id));
  }
};

/** One cluster as the claims of a tick see it. */
type Sight = Pick<Scene, 'clusterId' | 'roster' | 'quotas'> & { jobs: JobRow[] };

const lookAt = (change: Change, clusterId: string): Sight => {
  const { db } = change.deps;
  const jobs = listActiveJobs(db, clusterId, 0, JOBS_MAX).map((job) => change.adopt(job));
  return { clusterId, jobs, roster: rosterOf(db, clusterId), quotas: new Map() };
};

const none = (): Round => ({ leases: [], againMs: null, lookups: [] });

const take = (change: Change, sight: Sight, { nodeId, claim }: Taking): Round => {
  const round = none();
  const node = sight.roster.byId.get(nodeId);
  if (node === undefined || !sight.jobs.some(hasWork)) return round;
  const held = [...leasesOf(change.deps).ofNode(nodeId)];
  takeAll(change, { ...sight, node, held, round }, sight.jobs, claim);
  begin(change, round.leases);
  return round;
};

/** A claim whose turn it is; no node stands in two of one group. */
type Taking = Pick<Taker, 'nodeId' | 'clusterId' | 'isFresh' | 'claim'>;

/** Whether there is anything to do for them: most claims come from nodes that wait in an idle cluster. */
const isIdle = ({ db }: Deps, takings: readonly Taking[]): boolean => {
  if (takings.some(({ isFresh }) => isFresh)) return false;
  const clusters = new Set(takings.map(({ clusterId }) => clusterId));
  return ![...clusters].some((clusterId) => hasActiveJob(db, clusterId));
};

/**
 * Leases for nodes, in the order of their claims, taken in one transaction: claims of one tick share
 * its commit and what is read for it. None where a node is not ready.
 */
export const takeLeases = (deps: Deps, takings: readonly Taking[]): Round[] => {
  // A transaction costs ten times such a look.
  if (isIdle(deps, takings)) return takings.map(none);
  // Read outside the transaction, so that it is kept.
  for (const { clusterId } of takings) rosterOf(deps.db, clusterId);
  return commit(deps, (change) => {
    const sights = new Map<string, Sight>();
    return takings.map((taking) => {
      // The node's own token is in use. A transaction of its own for each node would be felt with many.
      if (taking.isFresh) spendJoinToken(deps, taking.nodeId);
      const sight = sights.get(taking.clusterId) ?? lookAt(change, taking.clusterId);
      sights.set(taking.clusterId, sight);
      return take(change, sight, taking);
    });
  });
};
