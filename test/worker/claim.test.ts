import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFrame } from '../../protocol/frames.ts';
import { claimLoop } from '../../worker/claim.ts';
import { systemClock } from '../../worker/clock.ts';
import { Signal } from '../../worker/signal.ts';
import { Slots } from '../../worker/slots.ts';

const LEASE = {
  job: 'jws99crppmx',
  partition: 0,
  epoch: 'a569e4c8444f6604:15002',
  attempt: 1,
  input: 'none',
  bytes: 0,
  firstLine: 0,
  step: 1,
  lines: 0,
  partitions: 1,
  kind: 'run',
  beside: false,
  opening: 0,
};

test('a claim keeps its nonce until it was answered with leases', async () => {
  const nonces: unknown[] = [];
  const answers = [new Uint8Array(0), new Uint8Array(0), encodeFrame(LEASE), new Uint8Array(0)];
  const ending = new AbortController();
  const accepted: number[] = [];
  let made = 0;
  const deps = {
    connection: {
      bytes: async (_name: string, { json }: { json: { nonce: string } }) => {
        nonces.push(json.nonce);
        const answer = answers.shift();
        if (answers.length === 0) ending.abort();
        return answer ?? new Uint8Array(0);
      },
    },
    clock: systemClock,
    random: () => 0,
    newNonce: () => `nonce-${made++}`,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    runner: {
      queued: 0,
      isDraining: false,
      accept: ({ partition }: { partition: number }) => accepted.push(partition),
      pump: () => undefined,
    },
    slots: new Slots(2),
    changed: new Signal(),
  };
  await claimLoop(deps as unknown as Parameters<typeof claimLoop>[0], ending.signal);
  assert.deepEqual(nonces, ['nonce-0', 'nonce-0', 'nonce-0', 'nonce-1']);
  assert.deepEqual(accepted, [0]);
});
