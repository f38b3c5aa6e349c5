import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type { HttpFetch } from '../../protocol/client.ts';
import { createHttpFetch } from '../../worker/http-fetch.ts';

const refuse: HttpFetch = () => Promise.reject(new Error('not over http:'));

const serve = async (t: TestContext, listener: RequestListener): Promise<string> => {
  const server = createServer(listener).listen(0, '127.0.0.1');
  t.after(() => server.close().closeAllConnections());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const echo: RequestListener = async (request, response) => {
  const body = await buffer(request);
  response.end(`${request.url} ${request.headers['content-length']} ${body.toString('latin1')}`);
};

test('bytes are sent with their length, a stream without', async (t) => {
  const call = createHttpFetch(refuse);
  const url = await serve(t, echo);
  const post = { method: 'POST', headers: {} };
  const whole = await call(`${url}/a?b=1`, { ...post, body: new Uint8Array([0x61, 0xff]) });
  assert.equal(await whole.text(), '/a?b=1 2 a\u00ff');
  const body = ReadableStream.from([Buffer.from('one '), Buffer.from('two')]);
  const streamed = await call(url, { ...post, body, duplex: 'half' });
  assert.equal(await streamed.text(), '/ undefined one two');
});

test('a call that is given up ends with the reason of its signal, before its answer and within it', async (t) => {
  const call = createHttpFetch(refuse);
  const url = await serve(t, (request, response) => {
    if (request.url === '/begun') response.write('begun');
  });
  const reason = new Error('enough');
  const begun = new AbortController();
  const answer = await call(`${url}/begun`, { method: 'GET', headers: {}, signal: begun.signal });
  const reading = answer.text();
  begun.abort(reason);
  await assert.rejects(reading, (error) => error === reason);
  const silent = new AbortController();
  const waiting = call(`${url}/silent`, { method: 'GET', headers: {}, signal: silent.signal });
  silent.abort(reason);
  await assert.rejects(waiting);
});

test('another scheme than http: is left to the fetch of the runtime', async () => {
  const call = createHttpFetch(refuse);
  await assert.rejects(call('https://127.0.0.1:1', { method: 'GET', headers: {} }), /not over/);
});
