import type { Limits, Outcome } from '../../protocol/messages/jobs.ts';

/** Attempts of a partition that did not succeed, by what ended them. */
interface Tries {
  failures: number;
  crashes: number;
  losses: number;
}

export interface Verdict extends Tries {
  state: 'succeeded' | 'failed' | 'pending' | 'canceled';
}

/** After so many lost nodes a partition runs alone on its node: it may be what kills them. */
export const LOSSES_BEFORE_ALONE = 2;
/** After so many it fails as `node_lost`. */
const LOSSES_MAX = 4;

const retried = (tries: Tries, used: number, allowed: number): Verdict => ({
  ...tries,
  state: used <= allowed ? 'pending' : 'failed',
});

/** What becomes of a partition after an attempt that was seen running. */
export const judge = (
  outcome: Outcome,
  tries: Tries,
  limits: Pick<Limits, 'retries' | 'crashRetries'>,
): Verdict => {
  switch (outcome.kind) {
    case 'resumed':
      return { ...tries, state: 'succeeded' };
    case 'canceled':
      return { ...tries, state: 'canceled' };
    case 'exit': {
      if (outcome.code === 0) return { ...tries, state: 'succeeded' };
      const failures = tries.failures + 1;
      return retried({ ...tries, failures }, failures, limits.retries);
    }
    case 'spawn': {
      const failures = tries.failures + 1;
      return retried({ ...tries, failures }, failures, limits.retries);
    }
    case 'signal':
    case 'timeout':
    case 'oom': {
      const crashes = tries.crashes + 1;
      return retried({ ...tries, crashes }, crashes, limits.crashRetries);
    }
    case 'node_lost': {
      const losses = tries.losses + 1;
      return retried({ ...tries, losses }, losses, LOSSES_MAX - 1);
    }
  }
};
