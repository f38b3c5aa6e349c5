import { constants } from 'node:os';
import type { Outcome } from '../../protocol/messages/jobs.ts';

const signalName = (number: number): string =>
  Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ??
  `signal ${number}`;

const GONE = {
  given_back: 'its node gave it back',
  max_lifetime: 'its node has reached max_lifetime',
  taken_back: 'the cloud takes its node back',
} as const;

/** How an attempt ended, in words. */
export const outcomeText = (outcome: Outcome): string => {
  switch (outcome.kind) {
    case 'exit':
      return `exit ${outcome.code}`;
    case 'signal':
      return signalName(outcome.signal);
    case 'timeout':
      return 'timeout';
    case 'oom':
      return 'out of memory';
    case 'spawn':
      return `not started: ${outcome.message}`;
    case 'node_lost':
      return outcome.why === undefined ? 'node lost' : GONE[outcome.why];
    case 'canceled':
      return 'canceled';
    case 'resumed':
      return 'done before';
  }
};
