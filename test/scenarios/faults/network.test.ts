// Faults 15–18, 22 and 24: requests and replies between worker and control plane are lost, repeated,
// delayed, reordered, cut off, or answered by somebody else.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Fault, Rule } from '../../helpers/fault-proxy.ts';
import { assertOnce, startEcho } from '../support/echo.ts';
import { SHORT_LEASE_MS, useFaultyPx } from '../support/network.ts';
import { partlyDone } from '../support/watch.ts';

/** Reports are 100 ms apart: the longer a job takes, the more of them there are to strike. */
const PAUSE = 'sleep 0.01';
const LONGER_PAUSE = 'sleep 0.025';
const ALL_WORK = /^POST \/v1\/worker\/(claim|report|renew|control)/;
const REPORT = /^POST \/v1\/worker\/report/;
const CLAIM = /^POST \/v1\/worker\/claim/;

const sometimes = (route: RegExp, fault: Fault, probability: number): Rule => ({
  route,
  fault,
  probability,
});

describe('the network between worker and control plane', () => {
  test('requests that are lost are sent again', async (t) => {
    const rules = [
      sometimes(ALL_WORK, { kind: 'lose-request' }, 0.15),
      sometimes(/^(GET|POST) \/v1\/worker\/(jobs|blobs)/, { kind: 'lose-request' }, 0.15),
    ];
    const { px, proxy } = await useFaultyPx(t, { rules, seed: 15 });
    const ended = await startEcho(px, { before: PAUSE }).ended();
    assert.equal(ended.status, 0, ended.stderr);
    assertOnce(ended.stdout);
    assert.ok((proxy.struck.get('lose-request') ?? 0) >= 10, 'requests were lost');
  });

  test('replies that are lost cost nothing but a repeat', async (t) => {
    const rules = [sometimes(ALL_WORK, { kind: 'lose-reply' }, 0.15)];
    const { px, proxy, seen } = await useFaultyPx(t, { rules, seed: 16 });
    const ended = await startEcho(px, { before: PAUSE }).ended();
    assert.equal(ended.status, 0, ended.stderr);
    assertOnce(ended.stdout);
    assert.ok((proxy.struck.get('lose-reply') ?? 0) >= 10, 'replies were lost');
    assert.ok(seen.repeated >= 5, `chunks were acknowledged again, got ${seen.repeated}`);
  });

  test('a claim whose reply is lost gets the same leases again', async (t) => {
    const rules = [sometimes(CLAIM, { kind: 'lose-reply' }, 0.5)];
    const { px, proxy } = await useFaultyPx(t, { rules, seed: 161 });
    const ended = await startEcho(px, { before: PAUSE }).ended();
    assert.equal(ended.status, 0, ended.stderr);
    assertOnce(ended.stdout);
    assert.ok((proxy.struck.get('lose-reply') ?? 0) >= 10, 'replies of claims were lost');
  });

  test('duplicates change nothing, at once or after the leases are over', async (t) => {
    const rules = [
      sometimes(REPORT, { kind: 'duplicate' }, 0.3),
      sometimes(REPORT, { kind: 'duplicate-late' }, 0.3),
      sometimes(CLAIM, { kind: 'duplicate' }, 0.2),
    ];
    const { px, proxy, seen } = await useFaultyPx(t, {
      rules,
      seed: 17,
      settings: { leaseMs: SHORT_LEASE_MS },
    });
    const running = startEcho(px, { before: PAUSE });
    await partlyDone(px, 700);
    const middle = await proxy.release();
    const ended = await running.ended();
    assert.equal(ended.status, 0, ended.stderr);
    assertOnce(ended.stdout);
    const late = await proxy.release();
    for (const { status } of [...middle, ...late]) assert.ok(status < 500, `late: ${status}`);
    assert.ok((proxy.struck.get('duplicate') ?? 0) >= 5, 'requests were repeated at once');
    assert.ok(middle.length + late.length >= 5, 'requests were repeated late');
    assert.ok(
      seen.repeated + seen.stale >= 10,
      'what came again was acknowledged again or refused',
    );
    const again = await px.ok(['job', 'logs', (await px.api().call('jobs')).items[0]?.id ?? '']);
    assertOnce(again.stdout);
  });

  test('a report that is overtaken by the next one is put in its place', async (t) => {
    const rules = [sometimes(REPORT, { kind: 'reorder' }, 0.2)];
    const { px, proxy, seen } = await useFaultyPx(t, { rules, seed: 18 });
    const ended = await startEcho(px, { before: PAUSE }).ended();
    assert.equal(ended.status, 0, ended.stderr);
    assertOnce(ended.stdout);
    assert.ok((proxy.struck.get('reorder') ?? 0) >= 5, 'reports were overtaken');
    assert.ok(seen.repeated + seen.gap + seen.stale >= 1, 'what came out of order was noticed');
  });

  test('a connection that is reset in the middle of a body commits nothing of it', async (t) => {
    const rules = [sometimes(ALL_WORK, { kind: 'cut-body' }, 0.2)];
    const { px, proxy } = await useFaultyPx(t, { rules, seed: 22 });
    const ended = await startEcho(px, { before: PAUSE }).ended();
    assert.equal(ended.status, 0, ended.stderr);
    assertOnce(ended.stdout);
    assert.ok((proxy.struck.get('cut-body') ?? 0) >= 10, 'bodies were cut');
  });

  test('answers of a proxy on the way are retried, never taken for an answer', async (t) => {
    const page = { type: 'text/html', body: '<html><h1>502 Bad Gateway</h1></html>' };
    const rules = [
      sometimes(ALL_WORK, { kind: 'answer', status: 502, ...page }, 0.1),
      sometimes(ALL_WORK, { kind: 'answer', status: 429, ...page }, 0.1),
      sometimes(
        /^(GET|POST) \/v1\/worker\/(jobs|blobs)/,
        { kind: 'answer', status: 502, ...page },
        0.3,
      ),
    ];
    const { px, proxy } = await useFaultyPx(t, { rules, seed: 24 });
    const ended = await startEcho(px, { before: PAUSE }).ended();
    assert.equal(ended.status, 0, ended.stderr);
    assertOnce(ended.stdout);
    assert.ok((proxy.struck.get('answer') ?? 0) >= 10, 'somebody else answered');
  });

  test('all of it together, with cuts longer than the lease, still gives every line once', async (t) => {
    const rules = [
      sometimes(ALL_WORK, { kind: 'lose-request' }, 0.05),
      sometimes(ALL_WORK, { kind: 'lose-reply' }, 0.05),
      sometimes(REPORT, { kind: 'duplicate' }, 0.15),
      sometimes(REPORT, { kind: 'duplicate-late' }, 0.1),
      sometimes(REPORT, { kind: 'reorder' }, 0.15),
      sometimes(ALL_WORK, { kind: 'cut-body' }, 0.03),
      sometimes(ALL_WORK, { kind: 'delay', ms: 200 }, 0.05),
    ];
    const { px, proxy } = await useFaultyPx(t, {
      rules,
      seed: 99,
      settings: { leaseMs: SHORT_LEASE_MS },
    });
    const running = startEcho(px, { before: LONGER_PAUSE });
    for (const what of ['all', 'replies'] as const) {
      await partlyDone(px, what === 'all' ? 200 : 500);
      proxy.cut(what);
      await new Promise((done) => setTimeout(done, SHORT_LEASE_MS * 1.5));
      proxy.heal();
    }
    await proxy.release();
    const ended = await running.ended(180_000);
    assert.equal(ended.status, 0, ended.stderr);
    assertOnce(ended.stdout);
    for (const kind of [
      'lose-request',
      'lose-reply',
      'duplicate',
      'reorder',
      'cut-body',
      'cut',
    ] as const) {
      assert.ok((proxy.struck.get(kind) ?? 0) >= 1, `${kind} struck`);
    }
  });
});
