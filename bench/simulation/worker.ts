import { createHash, randomUUID } from 'node:crypto';
import { concat } from '../../protocol/bytes.ts';
import type { Client } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';
import { decodeFrames, encodeFrame } from '../../protocol/frames.ts';
import { Lease } from '../../protocol/messages/worker.ts';
import { PROTOCOL, VERSION } from '../../protocol/version.ts';
import { type Simulated, SLOTS } from './control-plane.ts';

/** As a real worker's polls. */
const POLL_MS = 25_000;

const NO_OUTPUT = createHash('sha256').digest('hex');

/** A node's worker as the control plane sees it. */
export interface Worker {
  client: Client;
  /** Of the next claim: one that was given up is repeated with its nonce. */
  nonce: string;
}

/** Joins every node with its token. */
export const joinAll = async (simulated: Simulated): Promise<Worker[]> =>
  Promise.all(
    simulated.joinTokens.map(async (joinToken) => {
      const json = {
        protocol: PROTOCOL,
        version: VERSION,
        cpus: SLOTS,
        memoryBytes: 16 * 2 ** 30,
        arch: 'x64',
      };
      const { token } = await simulated.connect(joinToken).call('workerJoin', { json });
      return { client: simulated.connect(token), nonce: randomUUID() };
    }),
  );

/** A connection that broke is no answer: worker and control plane both expect the same call again. */
const again = async <T>(call: () => Promise<T>): Promise<T> => {
  for (;;) {
    try {
      return await call();
    } catch (cause) {
      if (!(cause instanceof PxError) || cause.code !== 'unavailable') throw cause;
    }
  }
};

/** Claims for all slots, nothing waiting; resolves to what was given. */
export const claim = async (worker: Worker, signal: AbortSignal): Promise<Lease[]> => {
  const json = { nonce: worker.nonce, idle: SLOTS, queued: 0, waitMs: POLL_MS };
  const answer = await again(() => worker.client.call('workerClaim', { json, signal }));
  const frames = decodeFrames(new Uint8Array(await answer.arrayBuffer()));
  worker.nonce = randomUUID();
  return frames.map(({ header }) => Lease.parse(header));
};

/** Reports that all of them ran and printed nothing; resolves to how many were recorded. */
export const complete = async (
  { client }: Worker,
  leases: readonly Lease[],
  runtimeMs: number,
): Promise<number> => {
  const frames = leases.flatMap(({ job, partition, epoch }) => {
    const key = { job, partition, epoch };
    const use = { runtimeMs, cpuMs: null, peakRssBytes: null };
    const outcome = { kind: 'exit', code: 0 };
    const sum = { chunks: 0, bytes: 0, sha256: NO_OUTPUT };
    return [
      encodeFrame({ t: 'started', ...key }),
      encodeFrame({ t: 'done', ...key, ...sum, ...use, outcome, collected: [] }),
    ];
  });
  const bytes = concat(frames);
  const { results } = await again(() => client.call('workerReport', { bytes }));
  return results.filter(({ status }) => status === 'ok').length;
};

/** Keeps the control channel open, as a worker that holds nothing does. */
export const listen = async ({ client }: Worker, signal: AbortSignal): Promise<void> => {
  const json = { leases: [], jobs: [], waitMs: POLL_MS };
  while (!signal.aborted) await again(() => client.call('workerControl', { json, signal }));
};
