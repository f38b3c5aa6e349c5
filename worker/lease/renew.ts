import type { LeaseKey } from '../../protocol/messages/worker.ts';
import type { Clock } from '../clock.ts';
import type { Connection } from '../connection.ts';
import type { Log } from '../log.ts';
import { isFatal } from '../retry.ts';
import type { Held, LeaseBook } from './book.ts';
import { pastFence } from './fence.ts';

interface RenewDeps {
  connection: Connection;
  clock: Pick<Clock, 'monotonic' | 'sleep'>;
  log: Log;
  book: LeaseBook;
  /** The attempt must not go on: nothing was acknowledged for too long. */
  onFence: (held: Held) => void;
  onStale: (key: LeaseKey) => void;
}

/** A tick is a thirtieth of a lease, so that the fence strikes well before the lease ends. */
const TICKS_A_LEASE = 30;
const SHORTEST_TICK_MS = 10;
const RENEWALS_A_LEASE = 3;
/** 30 s: where a lease is long, a connection that is silent is no reason to wait for long. */
const CALL_MAX_MS = 30_000;

/**
 * Renews all leases every third of a lease and kills what is past its fence. The fence is looked at
 * first on every tick: after a suspend or a stall the kill comes before any renewal.
 */
export const renewLoop = async (
  deps: RenewDeps,
  firstLeaseMs: number,
  signal: AbortSignal,
): Promise<void> => {
  let leaseMs = firstLeaseMs;
  let renewedAt = deps.clock.monotonic();
  let failure: unknown;
  let pending = false;

  const renew = async (): Promise<void> => {
    const keys = deps.book.keys();
    const sentAt = deps.clock.monotonic();
    const timeoutMs = Math.min(leaseMs / RENEWALS_A_LEASE, CALL_MAX_MS);
    const options = { json: { leases: keys }, timeoutMs, signal };
    const reply = await deps.connection.call('workerRenew', options);
    leaseMs = reply.leaseMs;
    renewedAt = sentAt;
    for (const key of reply.stale) deps.onStale(key);
    for (const key of keys) {
      const held = deps.book.get(key);
      if (held !== undefined) held.acknowledgedAt = Math.max(held.acknowledgedAt, sentAt);
    }
  };

  const start = (): void => {
    pending = true;
    renew()
      .catch((error: unknown) => {
        if (isFatal(error)) failure = error;
        else if (!signal.aborted)
          deps.log.warn('leases were not renewed', { error: String(error) });
        // Not at every tick: a third of the renewal interval later.
        renewedAt += leaseMs / RENEWALS_A_LEASE / 3;
      })
      .finally(() => {
        pending = false;
      });
  };

  while (!signal.aborted) {
    await deps.clock.sleep(Math.max(SHORTEST_TICK_MS, leaseMs / TICKS_A_LEASE), signal);
    if (failure !== undefined) throw failure;
    const now = deps.clock.monotonic();
    for (const held of pastFence(deps.book.all(), leaseMs, now)) deps.onFence(held);
    if (deps.book.size === 0) renewedAt = now;
    else if (!pending && now - renewedAt >= leaseMs / RENEWALS_A_LEASE) start();
  }
};
