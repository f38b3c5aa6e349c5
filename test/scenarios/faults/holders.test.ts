// Faults 38 and 39: a submit that comes twice, a thousand claims at once; and 13, a grandchild that
// keeps stdout open.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { decodeFrames } from '../../../protocol/frames.ts';
import { Lease } from '../../../protocol/messages/worker.ts';
import type { Passing } from '../../helpers/fault-proxy.ts';
import { until } from '../../helpers/processes.ts';
import { assertOnce, startEcho } from '../support/echo.ts';
import { SHORT_LEASE_MS, useFaultyPx, usePx } from '../support/network.ts';
import { attemptsOf, newestJob, partlyDone } from '../support/watch.ts';

const PAUSE = 'sleep 0.005';
const CLAIMS = 1_000;

describe('one holder', () => {
  test('a submit that arrives many times makes one job', async (t) => {
    const px = usePx(t);
    const ended = await startEcho(px).ended();
    assertOnce(ended.stdout);
    const { spec } = await newestJob(px);
    const submit = {
      cluster: 'local',
      spec: { ...spec, input: { kind: 'none' as const } },
      env: { env: {}, secrets: {} },
    };
    const headers = { 'idempotency-key': randomBytes(16).toString('hex') };
    const json = {
      ...submit,
      spec: { ...submit.spec, cut: { mode: 'static' as const }, attached: false },
    };
    const views = await Promise.all(
      Array.from({ length: 50 }, () => px.api().call('jobSubmit', { json, headers })),
    );
    assert.equal(new Set(views.map(({ id }) => id)).size, 1);
    const { items } = await px.api().call('jobs', { query: { limit: 100 } });
    assert.equal(items.length, 2);
  });

  test('of a thousand claims at once, no two get the same lease', async (t) => {
    const { px, proxy } = await useFaultyPx(t, { settings: { leaseMs: SHORT_LEASE_MS } });
    let sample: Passing | undefined;
    proxy.onRequest((passing) => {
      if (passing.path.startsWith('/v1/worker/claim')) sample ??= passing;
    });
    const running = startEcho(px, { before: PAUSE });
    await partlyDone(px, 100);
    const claim = await until('a claim came by', () => sample);
    const answers = await Promise.all(
      Array.from({ length: CLAIMS }, () => {
        const nonce = randomBytes(16).toString('hex');
        const body = Buffer.from(JSON.stringify({ nonce, idle: 1, queued: 0, waitMs: 0 }));
        return proxy.forward({ ...claim, body });
      }),
    );
    const leases = answers
      .filter(({ status }) => status === 200)
      .flatMap(({ body }) => decodeFrames(body).map(({ header }) => Lease.parse(header)));
    assert.ok(leases.length > 0, 'some of the claims got a lease');
    assert.equal(new Set(leases.map(({ epoch }) => epoch)).size, leases.length);
    assert.equal(new Set(leases.map(({ partition }) => partition)).size, leases.length);
    const ended = await running.ended();
    assert.equal(ended.status, 0, ended.stderr);
    assertOnce(ended.stdout);
  });
});

describe('a grandchild', () => {
  test('one that keeps stdout open is killed after a grace period, and its partition is done', async (t) => {
    const px = usePx(t);
    const before = 'case $PX_PARTITION in *00) setsid sleep 4242 & esac';
    const ended = await startEcho(px, { before }).ended();
    assert.equal(ended.status, 0, ended.stderr);
    assertOnce(ended.stdout);
    await until('no grandchild is left', () => attemptsOf(px).length === 0, 5_000);
  });
});
