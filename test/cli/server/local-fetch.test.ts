import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { describe, type TestContext, test } from 'node:test';
import { localFetch } from '../../../cli/server/local-fetch.ts';

const serve = async (t: TestContext, listener: RequestListener): Promise<string> => {
  const server = createServer(listener).listen(0, '127.0.0.1');
  t.after(() => server.close().closeAllConnections());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const echo: RequestListener = async (request, response) => {
  const body = await buffer(request);
  response.writeHead(request.method === 'POST' ? 201 : 404);
  response.end(`${request.url} ${request.headers.authorization} ${body.toString('latin1')}`);
};

/** Sends its head and a part of its body, and then nothing. */
const stall: RequestListener = (_, response) => {
  response.write('begun');
};

describe('the transport to the embedded control plane', () => {
  test('sends method, path, headers and a body of bytes', async (t) => {
    const url = await serve(t, echo);
    const headers = { authorization: 'Bearer x' };
    const bytes = new Uint8Array([0x61, 0xff, 0x62]);
    const answer = await localFetch(`${url}/a?b=1`, { method: 'POST', headers, body: bytes });
    assert.deepEqual([answer.ok, answer.status], [true, 201]);
    assert.equal(await answer.text(), '/a?b=1 Bearer x a\u00ffb');
  });

  test('sends a body that is a stream', async (t) => {
    const url = await serve(t, echo);
    const body = ReadableStream.from([Buffer.from('one '), Buffer.from('two')]);
    const answer = await localFetch(url, { method: 'POST', headers: {}, body, duplex: 'half' });
    assert.equal(await answer.text(), '/ undefined one two');
  });

  test('a body that fails while it is read fails the call', async (t) => {
    const url = await serve(t, echo);
    const body = ReadableStream.from(
      (async function* () {
        yield Buffer.from('one');
        throw new Error('the file has changed');
      })(),
    );
    const call = localFetch(url, { method: 'POST', headers: {}, body, duplex: 'half' });
    await assert.rejects(call, /the file has changed/);
  });

  test('an answer of failure is an answer', async (t) => {
    const answer = await localFetch(await serve(t, echo), { method: 'GET', headers: {} });
    assert.deepEqual([answer.ok, answer.status], [false, 404]);
  });

  test('a call that is given up ends with the reason of its signal, also in its answer', async (t) => {
    const url = await serve(t, stall);
    const give = new AbortController();
    const answer = await localFetch(url, { method: 'GET', headers: {}, signal: give.signal });
    const reason = new Error('enough');
    const reading = answer.text();
    give.abort(reason);
    await assert.rejects(reading, (error) => error === reason);
  });

  test('rejects where nobody listens', async () => {
    await assert.rejects(localFetch('http://127.0.0.1:1', { method: 'GET', headers: {} }), {
      code: 'ECONNREFUSED',
    });
  });
});
