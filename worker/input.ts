import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { PxError } from '../protocol/errors.ts';
import type { Lease } from '../protocol/messages/worker.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import type { Held } from './lease/book.ts';
import { backoffMs, isPassing } from './retry.ts';

interface InputDeps {
  connection: Pick<Connection, 'pieces'>;
  /** The control plane's folder; null where it is elsewhere. */
  home: string | null;
  clock: Pick<Clock, 'sleep'>;
  random: () => number;
}

const requestOf = ({ job, partition, epoch }: Lease) => ({
  params: { id: job, partition },
  query: { epoch },
});

/** 256 KiB: what one read of a file asks for. */
const READ_BYTES = 256 << 10;

/** What shares were read into, for the next ones: as many as there are slots that read at a time. */
const FREE: Buffer[] = [];

/**
 * A share where it stands; ends early where it cannot be read, and the control plane knows why. A piece is
 * valid until the next one is asked for: a new one each time is what a worker would collect most.
 */
async function* readShare(path: string, offset: number, length: number) {
  const handle = await open(path, 'r').catch(() => null);
  if (handle === null) return;
  const space = FREE.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES);
  try {
    for (let at = 0; at < length; ) {
      const read = handle.read(space, 0, Math.min(READ_BYTES, length - at), offset + at);
      const { bytesRead } = await read.catch(() => ({ bytesRead: 0 }));
      if (bytesRead === 0) return;
      at += bytesRead;
      yield space.subarray(0, bytesRead);
    }
  } finally {
    FREE.push(space);
    await handle.close();
  }
}

/**
 * Gives a share piece by piece: out of the control plane's file where that is on this machine, the rest
 * by requests; after a failure they go on behind what was given already.
 */
async function* fetchShare(deps: InputDeps, lease: Lease, signal: AbortSignal) {
  let given = 0;
  if (deps.home !== null && lease.file !== undefined) {
    const { path, offset } = lease.file;
    for await (const piece of readShare(join(deps.home, path), offset, lease.bytes)) {
      signal.throwIfAborted();
      given += piece.length;
      yield piece;
    }
  }
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

/** The bytes of a lease's share of the input; a piece is valid until the next one is asked for. */
export const inputOf = (
  deps: InputDeps,
  { lease, input }: Held,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> | Iterable<Uint8Array> => {
  if (lease.input === 'none') return [];
  return lease.input === 'inline' ? [input] : fetchShare(deps, lease, signal);
};
