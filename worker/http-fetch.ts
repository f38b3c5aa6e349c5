import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { arrayBuffer, text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { HttpAnswer, HttpFetch } from '../protocol/client.ts';

// An import would read every export of the module, and one of them loads the global fetch.
const http = process.getBuiltinModule('node:http');

const agent = new http.Agent({ keepAlive: true });

/** The bytes of an answer; a call that was given up ends with the reason of its signal. */
async function* bytesOf(message: IncomingMessage, signal: AbortSignal | undefined) {
  try {
    for await (const bytes of message) yield bytes as Uint8Array;
  } catch (error) {
    throw signal?.aborted === true ? signal.reason : error;
  }
}

const answerOf = (message: IncomingMessage, signal: AbortSignal | undefined): HttpAnswer => {
  const status = message.statusCode ?? 0;
  const body = bytesOf(message, signal);
  return {
    ok: status >= 200 && status < 300,
    status,
    body,
    text: () => text(body),
    arrayBuffer: () => arrayBuffer(body),
  };
};

/**
 * What a worker needs of `fetch`, over node:http: the global one takes a millisecond of processor time
 * for each call (bench: invocations).
 *
 * @param secure the global one, for a control plane that speaks https:
 */
export const createHttpFetch =
  (secure: HttpFetch): HttpFetch =>
  (url, init) => {
    const { method, headers, body, signal } = init;
    if (!url.startsWith('http:')) return secure(url, init);
    return new Promise((resolve, reject) => {
      const sent = http.request(url, { method, headers, agent, signal });
      sent.once('response', (message) => resolve(answerOf(message, signal)));
      // It stays for good: an answer that came before all was sent may end in a reset.
      sent.on('error', reject);
      if (body instanceof ReadableStream) pipeline(Readable.fromWeb(body), sent).catch(reject);
      else sent.end(body);
    });
  };
