import { loadavg } from 'node:os';
import type { ControlReply } from '../protocol/messages/worker.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import type { LeaseBook } from './lease/book.ts';
import type { Log } from './log.ts';
import { longPoll, POLL_MS, type Poll } from './long-poll.ts';
import { backoffMs, isFatal } from './retry.ts';
import type { Runner } from './runner.ts';

/** 250 ms: a poll that does not name the newest leases is replaced so often at most. */
const RENAME_MS = 250;
/** 1 s at most between two tries: a cancel must get through soon after the connection heals. */
const RETRY_MAX_MS = 1000;

interface ControlDeps {
  connection: Connection;
  clock: Pick<Clock, 'sleep'>;
  random: () => number;
  log: Log;
  book: LeaseBook;
  runner: Runner;
}

/** Of the last minute, as `uptime` shows it. */
const loadNow = (): number => Math.round((loadavg()[0] ?? 0) * 100) / 100;

const ask = async (deps: ControlDeps, signal: AbortSignal): Promise<ControlReply | null> => {
  const { version } = deps.book;
  const json = { leases: deps.book.keys(), jobs: deps.runner.jobs, waitMs: POLL_MS };
  /** Ends the poll once leases have come in that it does not name. */
  const watch = async (poll: Poll): Promise<void> => {
    while (!poll.signal.aborted) {
      await deps.clock.sleep(RENAME_MS, poll.signal);
      if (deps.book.version !== version) poll.giveUp();
    }
  };
  return await longPoll(signal, watch, (options) =>
    deps.connection.call('workerControl', { json, query: { load: loadNow() }, ...options }),
  );
};

/** Does what the answer says; returns whether there was something new in it. */
const obey = (deps: ControlDeps, reply: ControlReply): boolean => {
  const { runner, log } = deps;
  const fail = (error: unknown): void => log.error('unexpected', { error: String(error) });
  for (const key of reply.revoke) runner.lose(key).catch(fail);
  for (const key of reply.release) runner.release(key);
  for (const id of reply.ended) runner.endJob(id).catch(fail);
  const isNew = reply.drain && !runner.isDraining;
  if (isNew) {
    log.info('draining');
    runner.drain();
  }
  return isNew || reply.revoke.length + reply.release.length + reply.ended.length > 0;
};

/** Keeps the control channel open. Resolves when the control plane says stop, or on abort. */
export const controlLoop = async (deps: ControlDeps, signal: AbortSignal): Promise<void> => {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const reply = await ask(deps, signal);
      failures = 0;
      if (reply === null) continue;
      if (reply.stop) return;
      // What it says it says again, until it has come true.
      if (!obey(deps, reply)) await deps.clock.sleep(reply.drain ? RENAME_MS : 0, signal);
    } catch (error) {
      if (isFatal(error)) throw error;
      const ms = Math.min(RETRY_MAX_MS, backoffMs(failures, deps.random));
      failures += 1;
      await deps.clock.sleep(ms, signal);
    }
  }
};
