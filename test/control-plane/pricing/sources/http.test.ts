import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as z from 'zod';
import { startCloud, type Trouble } from '../../../emulators/pricing/server.ts';
import type { Cleanup } from '../../../helpers/control-plane.ts';
import { testHttp } from '../../../helpers/pricing.ts';

const LINES = Array.from({ length: 20_000 }, (_, line) => `line ${line}`).join('\n');
const Answer = z.object({ ok: z.boolean() });

const start = async (t: Cleanup, trouble?: Omit<Trouble, 'path'>, etag?: () => string) => {
  const cloud = await startCloud(t, {
    '/list.csv': () => ({
      ...{ type: 'text/csv', body: LINES },
      ...(etag === undefined ? {} : { headers: { etag: etag() } }),
    }),
    '/list.json': () => ({ type: 'application/json', body: '{"ok":true}' }),
  });
  if (trouble !== undefined) cloud.troubles.push({ path: /list/, ...trouble });
  return cloud;
};

const readCsv = async (url: string, http = testHttp()): Promise<string> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of http.csv(`${url}/list.csv`)) pieces.push(piece as Uint8Array);
  return Buffer.concat(pieces).toString();
};

describe('fetching a price list', () => {
  for (const kind of ['busy', 'broken', 'cut'] as const) {
    test(`survives a server that is ${kind} three times`, async (t) => {
      const cloud = await start(t, { kind, times: 3 });
      const retries: string[] = [];
      const http = testHttp({ onRetry: (message) => retries.push(message) });
      assert.deepEqual(await http.json(`${cloud.url}/list.json`, Answer), { ok: true });
      assert.equal(retries.length, 3);
    });
  }

  test('goes on where a stream was cut', async (t) => {
    const cloud = await start(t, { kind: 'cut', times: 2 }, () => '"v1"');
    assert.equal(await readCsv(cloud.url), LINES);
    assert.equal(cloud.requests[0], '/list.csv');
    assert.match(cloud.requests.at(-1) ?? '', /^\/list\.csv bytes=\d{4,}-$/);
  });

  test('reads past what it has where the server knows no ranges', async (t) => {
    const cloud = await start(t, { kind: 'cut', times: 1 });
    cloud.ranges = false;
    assert.equal(await readCsv(cloud.url), LINES);
    assert.equal(cloud.requests.length, 2);
  });

  test('refuses to join two versions of a list', async (t) => {
    let version = 0;
    const cloud = await start(t, { kind: 'cut', times: 1 }, () => `"v${version++}"`);
    await assert.rejects(readCsv(cloud.url), { message: /changed while it was read/ });
  });

  test('gives up after six tries without progress, with the words of the server', async (t) => {
    const cloud = await start(t, { kind: 'broken', times: 100 });
    await assert.rejects(readCsv(cloud.url), {
      code: 'price_source_failed',
      message: /500.*Internal Server Error/,
    });
    assert.equal(cloud.requests.length, 6);
  });

  test('gives up on a server that says nothing', async (t) => {
    const cloud = await start(t, { kind: 'silent', times: 100 });
    await assert.rejects(readCsv(cloud.url, testHttp({ stallMs: 20, attempts: 2 })), {
      message: /does not answer/,
    });
  });

  test('does not ask again after a refusal', async (t) => {
    const cloud = await start(t, { kind: 'refused', times: 1 });
    await assert.rejects(readCsv(cloud.url), { message: /403.*Permission denied/ });
    assert.equal(cloud.requests.length, 1);
  });

  test('refuses the page of a captive portal, as CSV and as JSON', async (t) => {
    const cloud = await start(t, { kind: 'page', times: 2 });
    await assert.rejects(readCsv(cloud.url), { message: /sent text\/html/ });
    await assert.rejects(testHttp().json(`${cloud.url}/list.json`, Answer), {
      message: /sent text\/html/,
    });
  });

  test('says which part of an answer is not as documented', async (t) => {
    const cloud = await start(t);
    cloud.shelf['/list.json'] = () => ({ type: 'application/json', body: '{"ok":"yes"}' });
    await assert.rejects(testHttp().json(`${cloud.url}/list.json`, Answer), { message: /: ok: / });
    cloud.shelf['/list.json'] = () => ({ type: 'application/json', body: '{"ok":' });
    await assert.rejects(testHttp().json(`${cloud.url}/list.json`, Answer), {
      message: /it is no JSON/,
    });
  });

  test('says that nothing listens', async (t) => {
    const cloud = await start(t);
    await cloud.close();
    await assert.rejects(readCsv(cloud.url, testHttp({ attempts: 2 })), {
      message: /does not answer/,
    });
  });

  test('ends with its signal, in the middle of a pause', async (t) => {
    const cloud = await start(t, { kind: 'broken', times: 100 });
    const stop = new AbortController();
    const http = testHttp({
      signal: stop.signal,
      retryBaseMs: 60_000,
      onRetry: () => stop.abort(new Error('enough')),
    });
    await assert.rejects(readCsv(cloud.url, http), { message: 'enough' });
  });
});
