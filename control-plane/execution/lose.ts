import type { Deps } from '../deps.ts';
import { clusterTopic, jobTopic, nodeTopic, workTopic } from '../notices.ts';
import type { JobRow } from '../store/job-progress.ts';
import { listActiveJobs } from '../store/job-progress.ts';
import { findNode, updateNode } from '../store/nodes.ts';
import {
  findPartition,
  listPending,
  type PartitionRow,
  savePartition,
} from '../store/partitions.ts';
import type { Change } from './change.ts';
import { commit } from './commit.ts';
import { finishAttempt } from './finish.ts';
import type { LiveLease } from './lease-table.ts';
import { leasesOf } from './leases.ts';
import { recordSuperseded } from './record.ts';
import { dropGlob } from './revoke.ts';
import { forgetNode } from './state.ts';

/**
 * `lost`: nobody knows what became of it. `given_back`: its worker gave it back, `max_lifetime`,
 * `taken_back`: its node went as planned, all of which counts as nothing.
 */
export type Why = 'lost' | 'given_back' | 'max_lifetime' | 'taken_back';

const LOST = { outcome: { kind: 'node_lost' }, cpuMs: null, peakRssBytes: null } as const;

const giveBack = (
  change: Change,
  job: JobRow,
  row: PartitionRow,
  why: Exclude<Why, 'lost'> | undefined,
): void => {
  if (row.state === 'running') recordSuperseded(change, job, row, { ...LOST.outcome, why });
  row.state = 'pending';
  row.epoch = null;
  job.leased -= 1;
  job.pending += 1;
};

/** Ends a lease whose attempt did not report its end. */
export const endLease = (change: Change, lease: LiveLease, why: Why): void => {
  const { db } = change.deps;
  change.ended.push(lease);
  const job = change.job(lease.jobId);
  change.topics.add(workTopic(job.clusterId)).add(nodeTopic(lease.nodeId)).add(jobTopic(job.id));
  if (lease.glob) {
    if (job.globEpoch === lease.epoch) dropGlob(change, job);
    return;
  }
  const row = findPartition(db, lease.jobId, lease.partition);
  // The same transaction may have ended it before.
  if (row?.epoch !== lease.epoch) return;
  row.hash ??= lease.hash;
  if (why === 'lost' && row.state === 'running') {
    const runtimeMs = Math.max(0, change.at - (row.startedAt ?? change.at));
    finishAttempt(change, job, row, { ...LOST, runtimeMs });
  } else {
    const isGoing = change.deps.fleet.going.has(lease.nodeId);
    giveBack(change, job, row, why === 'lost' ? undefined : isGoing ? 'taken_back' : why);
    savePartition(db, row);
  }
};

/** Frees all leases of a node: a worker of a new incarnation joined, or the worker left. */
export const freeLeases = (change: Change, nodeId: string, why: Why): void => {
  for (const lease of leasesOf(change.deps).ofNode(nodeId)) endLease(change, lease, why);
};

/** More jobs than a cluster has open at a time in practice; the rest follows when they move up. */
const JOBS_MAX = 1000;
const PINNED_MAX = 1000;

/** What only this node could run has failed with it. */
const failPinned = (change: Change, nodeId: string, clusterId: string): void => {
  const { db } = change.deps;
  for (const found of listActiveJobs(db, clusterId, 0, JOBS_MAX)) {
    if (!found.spec.everyNode) continue;
    const job = change.adopt(found);
    for (const row of listPending(db, job.id, { kind: 'pinned', nodeId }, PINNED_MAX)) {
      // As if it had been leased: that is what an end counts down.
      job.pending -= 1;
      job.leased += 1;
      finishAttempt(change, job, row, { ...LOST, runtimeMs: 0 }, 'failed');
    }
  }
};

/**
 * A node's machine is gone for good: its leases are lost, what was pinned to it has failed.
 * The caller sets the node's state.
 */
export const freeNode = (deps: Deps, nodeId: string): void => {
  const node = findNode(deps.db, nodeId);
  if (node === undefined) return;
  commit(deps, (change) => {
    freeLeases(change, nodeId, 'lost');
    failPinned(change, nodeId, node.clusterId);
  });
  forgetNode(deps.execution, nodeId);
};

/** A node is lost: state `lost`, its leases go to others. */
export const loseNode = (deps: Deps, nodeId: string, problem: string | null = null): void => {
  const node = findNode(deps.db, nodeId);
  if (node === undefined) return;
  updateNode(deps.db, nodeId, { state: 'lost', problem });
  freeNode(deps, nodeId);
  deps.notices.notify(clusterTopic(node.clusterId));
};
