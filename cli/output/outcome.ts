import { constants } from 'node:os';
import type { Outcome } from '../../protocol/messages/jobs.ts';

const signalName = (number: number): string =>
  Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ??
  `signal ${number}`;

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
      return 'node lost';
    case 'canceled':
      return 'canceled';
    case 'resumed':
      return 'done before';
  }
};
