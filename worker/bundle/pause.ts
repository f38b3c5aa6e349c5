import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../clock.ts';

/** 8 ms of synchronous file work at a time: renewals and output never wait longer for it. */
const SLICE_MS = 8;

/** Gives the event loop a turn when its time is up. */
export type Pause = () => Promise<void> | undefined;

/**
 * Synchronous file calls are several times faster than asynchronous ones for thousands of small
 * files. `await pause()` between them keeps them from holding up everything else.
 */
export const createPause = (clock: Pick<Clock, 'precise'>): Pause => {
  let since = clock.precise();
  return () => {
    if (clock.precise() - since < SLICE_MS) return undefined;
    return setImmediate().then(() => {
      since = clock.precise();
    });
  };
};
