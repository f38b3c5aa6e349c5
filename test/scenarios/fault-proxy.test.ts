// The fault proxy itself: a fault test proves nothing where the fault does not strike.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { type Fault, startFaultProxy } from '../helpers/fault-proxy.ts';

/** A target that notes the bodies it got whole, behind a proxy with one rule. */
const setUp = async (
  t: TestContext,
  fault: Fault,
  limits: { count?: number; probability?: number } = {},
) => {
  const bodies: string[] = [];
  const target = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on('error', () => {});
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      bodies.push(Buffer.concat(parts).toString());
      response.end(`got ${bodies.at(-1)}`);
    });
  });
  target.listen(0, '127.0.0.1');
  await once(target, 'listening');
  const url = `http://127.0.0.1:${(target.address() as AddressInfo).port}`;
  const rules = [{ route: /^POST \/hit/, fault, ...limits }];
  const proxy = await startFaultProxy({ target: () => url, seed: 7, rules });
  t.after(async () => {
    await proxy.close();
    target.close();
    target.closeAllConnections();
  });
  const post = (body: string, path = '/hit') =>
    fetch(`${proxy.url}${path}`, { method: 'POST', body }).then((answer) => answer.text());
  return { proxy, bodies, post };
};

describe('the fault proxy', () => {
  test('passes on what no rule names', async (t) => {
    const { post, bodies, proxy } = await setUp(t, { kind: 'lose-request' });
    assert.equal(await post('a', '/other'), 'got a');
    assert.deepEqual([bodies, proxy.struck.size], [['a'], 0]);
  });

  test('passes on a large answer as it is taken, and leaves no listener behind', async (t) => {
    const { post } = await setUp(t, { kind: 'lose-request' });
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    t.after(() => process.off('warning', note));
    const body = 'x'.repeat(32 << 20);
    assert.equal((await post(body, '/other')).length, body.length + 4);
    assert.deepEqual(warnings, []);
  });

  test('loses a request', async (t) => {
    const { post, bodies, proxy } = await setUp(t, { kind: 'lose-request' }, { count: 1 });
    await assert.rejects(post('a'));
    assert.equal(await post('b'), 'got b');
    assert.deepEqual([bodies, proxy.struck.get('lose-request')], [['b'], 1]);
  });

  test('loses a reply whose request arrived', async (t) => {
    const { post, bodies } = await setUp(t, { kind: 'lose-reply' });
    await assert.rejects(post('a'));
    assert.deepEqual(bodies, ['a']);
  });

  test('repeats at once, and late when it is told to', async (t) => {
    const { post, bodies, proxy } = await setUp(t, { kind: 'duplicate' }, { count: 1 });
    assert.equal(await post('a'), 'got a');
    proxy.setRules([{ route: /hit/, fault: { kind: 'duplicate-late' } }]);
    await post('b');
    assert.deepEqual(
      (await proxy.release()).map(({ status }) => status),
      [200],
    );
    assert.deepEqual(bodies.toSorted(), ['a', 'a', 'b', 'b']);
  });

  test('lets the next request overtake', async (t) => {
    const { post, bodies } = await setUp(t, { kind: 'reorder' }, { count: 1 });
    await assert.rejects(post('first'));
    await post('second');
    // The one that was overtaken follows by itself.
    while (bodies.length < 2) await new Promise((done) => setTimeout(done, 5));
    await post('third', '/other');
    assert.deepEqual(bodies, ['second', 'first', 'third']);
  });

  test('cuts a body in the middle', async (t) => {
    const { post, bodies, proxy } = await setUp(t, { kind: 'cut-body' });
    await assert.rejects(post('x'.repeat(100_000)));
    assert.deepEqual([bodies, proxy.struck.get('cut-body')], [[], 1]);
  });

  test('answers in the place of the target', async (t) => {
    const fault = { kind: 'answer', status: 502, type: 'text/html', body: '<html>' } as const;
    const { post, bodies } = await setUp(t, fault);
    assert.equal(await post('a'), '<html>');
    assert.deepEqual(bodies, []);
  });

  test('cuts everything until it heals', async (t) => {
    const { post, bodies, proxy } = await setUp(t, { kind: 'lose-request' }, { probability: 0 });
    proxy.cut('all');
    await assert.rejects(post('a'));
    proxy.cut('replies');
    const withheld = post('b');
    withheld.catch(() => {});
    while (bodies.length === 0) await new Promise((done) => setTimeout(done, 5));
    proxy.heal();
    await assert.rejects(withheld);
    assert.equal(await post('c'), 'got c');
    assert.deepEqual(bodies, ['b', 'c']);
  });
});
