import type { Outcome } from '../../protocol/messages/jobs.ts';
import { MAX_COST } from './end.ts';

/** px's own failures, as docker, env and xargs have it. */
const OWN_STATUS = 125;
const TIMEOUT_STATUS = 124;
const SIGNAL_BASE = 128;
const SIGKILL = 9;
const CANCELED_STATUS = 130;

/** Stands in `failedStatus` where failures have different statuses. */
const DIFFERENT = -1;

/** Exit status of an attempt by the contract: a signal counts as 128+n, a timeout as 124. */
export const statusOf = (outcome: Outcome): number => {
  switch (outcome.kind) {
    case 'exit':
      return outcome.code;
    case 'signal':
      return SIGNAL_BASE + outcome.signal;
    case 'oom':
      // The kernel kills with SIGKILL.
      return SIGNAL_BASE + SIGKILL;
    case 'timeout':
      return TIMEOUT_STATUS;
    case 'canceled':
      return CANCELED_STATUS;
    case 'spawn':
    case 'node_lost':
      return OWN_STATUS;
    case 'resumed':
      return 0;
  }
};

/** Folds one more failed partition's status into the one that all share so far. */
export const shareStatus = (shared: number | null, status: number): number =>
  shared === null || shared === status ? status : DIFFERENT;

/** What the exit status of a job is computed from. */
interface JobEnd {
  state: 'succeeded' | 'failed' | 'canceled';
  failed: number;
  failedStatus: number | null;
  problemCode: string | null;
}

/** Exit status of a final job: 0, the one status that all failures share, 1 where they differ; px's own 125. */
export const exitOf = (job: JobEnd): number => {
  if (job.state === 'succeeded') return 0;
  if (job.state === 'canceled') return job.problemCode === MAX_COST ? OWN_STATUS : CANCELED_STATUS;
  if (job.problemCode !== null || job.failed === 0) return OWN_STATUS;
  return job.failedStatus === null || job.failedStatus === DIFFERENT ? 1 : job.failedStatus;
};
