import { PxError } from '../protocol/errors.ts';
import type { Lease } from '../protocol/messages/worker.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import type { Held } from './lease/book.ts';
import { backoffMs, isPassing } from './retry.ts';

interface InputDeps {
  connection: Pick<Connection, 'pieces'>;
  clock: Pick<Clock, 'sleep'>;
  random: () => number;
}

const requestOf = ({ job, partition, epoch }: Lease) => ({
  params: { id: job, partition },
  query: { epoch },
});

/** Fetches a share piece by piece; after a failure it goes on behind what was given already. */
async function* fetchShare(deps: InputDeps, lease: Lease, signal: AbortSignal) {
  let given = 0;
  for (let failures = 0; given < lease.bytes; failures += 1) {
    let at = 0;
    try {
      const options = { ...requestOf(lease), signal };
      for await (const piece of deps.connection.pieces('workerInput', options)) {
        const fresh = piece.subarray(Math.max(0, given - at));
        at += piece.length;
        if (fresh.length === 0) continue;
        given += fresh.length;
        failures = 0;
        yield fresh;
      }
      if (given < lease.bytes) throw new PxError('unavailable', 'The input broke off.');
    } catch (error) {
      if (signal.aborted || !isPassing(error)) throw error;
      await deps.clock.sleep(backoffMs(failures, deps.random), signal);
      if (signal.aborted) throw error;
    }
  }
}

/** The bytes of a lease's share of the input. */
export const inputOf = (
  deps: InputDeps,
  { lease, input }: Held,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> | Iterable<Uint8Array> => {
  if (lease.input === 'none') return [];
  return lease.input === 'inline' ? [input] : fetchShare(deps, lease, signal);
};
