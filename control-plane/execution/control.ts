import type { Control, ControlReply } from '../../protocol/messages/worker.ts';
import { isFinal } from '../../protocol/states.ts';
import type { Deps } from '../deps.ts';
import { nodeTopic } from '../notices.ts';
import { findCluster } from '../store/clusters.ts';
import { findJobRow } from '../store/job-progress.ts';
import { findNode } from '../store/nodes.ts';
import { ownLease } from './renew.ts';

/** The same answer goes out once a second at most: what it asks for takes the worker a moment. */
const REPEAT_MS = 1000;

/** Made once: an abort without a reason makes an error with a stack each time. */
const NOTHING_NEW = new Error('nothing new');

const isOver = (deps: Deps, jobId: string): boolean => {
  const job = findJobRow(deps.db, jobId);
  return job === undefined || isFinal(job.state);
};

/** What of the worker must go now. */
const look = (deps: Deps, nodeId: string, { leases, jobs }: Control): ControlReply => {
  const node = findNode(deps.db, nodeId);
  const cluster = node === undefined ? undefined : findCluster(deps.db, node.clusterId);
  return {
    revoke: leases.filter((key) => ownLease(deps, nodeId, key) === undefined),
    release: leases.filter((key) => {
      const lease = ownLease(deps, nodeId, key);
      return lease?.asked === true && !lease.started;
    }),
    ended: jobs.filter((jobId) => isOver(deps, jobId)),
    drain: node?.state === 'draining',
    stop: node?.state === 'terminated' || node?.state === 'lost' || cluster?.state !== 'up',
  };
};

const isQuiet = ({ revoke, release, ended, drain, stop }: ControlReply): boolean =>
  revoke.length + release.length + ended.length === 0 && !drain && !stop;

/** Answers as soon as something of the worker must go, or with nothing after `waitMs`. */
export const awaitControl = async (
  deps: Deps,
  nodeId: string,
  control: Control,
  signal: AbortSignal,
): Promise<ControlReply> => {
  const { clock, notices, execution } = deps;
  const deadline = clock.monotonic() + control.waitMs;
  for (;;) {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const left = Math.max(0, deadline - clock.monotonic());
    const waiting = notices.wait([nodeTopic(nodeId)], left, either);
    try {
      const reply = look(deps, nodeId, control);
      const now = clock.monotonic();
      const last = execution.controls.get(nodeId);
      const text = JSON.stringify(reply);
      const repeatMs = last?.text === text ? last.at + REPEAT_MS - now : 0;
      if (signal.aborted || now >= deadline || (!isQuiet(reply) && repeatMs <= 0)) {
        execution.controls.set(nodeId, { text, at: now });
        return reply;
      }
      if (isQuiet(reply)) {
        // Without a notice there is nothing new to look at.
        if (await waiting) continue;
        execution.controls.set(nodeId, { text, at: clock.monotonic() });
        return reply;
      }
      await Promise.race([waiting, clock.sleep(Math.min(deadline - now, repeatMs), either)]);
    } finally {
      over.abort(NOTHING_NEW);
    }
  }
};
