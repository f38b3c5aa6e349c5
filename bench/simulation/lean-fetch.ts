import { Agent, request } from 'node:http';
import type { Readable } from 'node:stream';

/** Answers of these are small; what is larger streams. */
const collect = async (stream: Readable): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  for await (const piece of stream) if (Buffer.isBuffer(piece)) pieces.push(piece);
  return Buffer.concat(pieces);
};

const bodyOf = (body: unknown): string | Uint8Array | undefined =>
  typeof body === 'string' || body instanceof Uint8Array ? body : undefined;

/**
 * A `fetch` that costs a fraction of Node's own: a thousand workers share one core with whatever else
 * the bench does. Whole bodies only, connections are kept.
 */
export const createLeanFetch = (): { fetch: typeof fetch; close(): void } => {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const lean = (input: string | URL | Request, init: RequestInit = {}): Promise<Response> =>
    new Promise((resolve, reject) => {
      const { method = 'GET', headers, signal } = init;
      const body = bodyOf(init.body);
      const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
      const sent = request(
        String(input),
        {
          agent,
          method,
          headers: { ...(headers as Record<string, string>), ...length },
          ...(signal == null ? {} : { signal }),
        },
        (answer) => {
          collect(answer).then(
            (bytes) =>
              resolve(new Response(new Uint8Array(bytes), { status: answer.statusCode ?? 500 })),
            reject,
          );
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  return { fetch: lean, close: () => agent.destroy() };
};
