import { decodeFrames } from '../protocol/frames.ts';
import { Lease } from '../protocol/messages/worker.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import type { Log } from './log.ts';
import { longPoll, POLL_MS, type Poll } from './long-poll.ts';
import { backoffMs, isFatal } from './retry.ts';
import type { Runner } from './runner.ts';
import type { Signal } from './signal.ts';
import type { Slots } from './slots.ts';

/** 1,024 leases that wait: more than a second of the shortest partitions. */
const QUEUE_MAX = 1024;
/** 50 ms after an answer that came at once and was empty. */
const EMPTY_MS = 50;

interface ClaimDeps {
  connection: Connection;
  clock: Pick<Clock, 'precise' | 'sleep' | 'monotonic'>;
  random: () => number;
  /** A text that was never used before. */
  newNonce: () => string;
  log: Log;
  runner: Runner;
  slots: Slots;
  changed: Signal;
}

/** What a claim says of the worker. */
interface Capacity {
  idle: number;
  queued: number;
}

/** Whether an open claim keeps work away: a slot has nothing to do, or the queue is half used up. */
const isOutdated = (stated: Capacity, now: Capacity): boolean =>
  (now.idle > 0 && now.idle - now.queued > stated.idle - stated.queued) ||
  now.queued < Math.floor(stated.queued / 2);

const capacityOf = ({ slots, runner }: ClaimDeps): Capacity => ({
  idle: slots.idle,
  queued: runner.queued,
});

const claim = async (
  deps: ClaimDeps,
  nonce: string,
  signal: AbortSignal,
): Promise<number | null> => {
  const stated = capacityOf(deps);
  const json = { nonce, ...stated, waitMs: POLL_MS };
  /** Gives an open poll up once its numbers are outdated. */
  const watch = async (poll: Poll): Promise<void> => {
    while (!poll.signal.aborted) {
      await deps.changed.wait(poll.signal);
      if (isOutdated(stated, capacityOf(deps)) || deps.runner.isDraining) poll.giveUp();
    }
  };
  return await longPoll(signal, watch, async (options) => {
    const bytes = await deps.connection.bytes('workerClaim', { json, ...options });
    const frames = decodeFrames(bytes);
    const now = deps.clock.monotonic();
    for (const { header, body } of frames) deps.runner.accept(Lease.parse(header), body, now);
    deps.runner.pump();
    return frames.length;
  });
};

/**
 * Keeps a claim open as long as the worker can take leases. A claim whose answer may be lost is
 * repeated with its nonce and then gets the same leases.
 */
export const claimLoop = async (deps: ClaimDeps, signal: AbortSignal): Promise<void> => {
  let nonce = deps.newNonce();
  let failures = 0;
  while (!signal.aborted && !deps.runner.isDraining) {
    if (deps.runner.queued >= QUEUE_MAX) {
      await deps.changed.wait(signal);
      continue;
    }
    const since = deps.clock.precise();
    try {
      const count = await claim(deps, nonce, signal);
      failures = 0;
      if (count === null) continue;
      // An empty answer may be that to a poll which was given up and overtook this one: leases that
      // were taken for it are found under the same nonce.
      if (count > 0) nonce = deps.newNonce();
      const isEarly = deps.clock.precise() - since < EMPTY_MS;
      if (count === 0 && isEarly) await deps.clock.sleep(EMPTY_MS, signal);
    } catch (error) {
      if (isFatal(error)) throw error;
      deps.log.warn('a claim failed', { error: String(error) });
      await deps.clock.sleep(backoffMs(failures, deps.random), signal);
      failures += 1;
    }
  }
};
