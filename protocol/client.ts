import type { z } from 'zod';
import { ErrorBody, errorFromBody, PxError } from './errors.ts';
import { FRAMES_TYPE } from './frames.ts';
import type { Route } from './route.ts';
import { type RouteName, routes } from './routes.ts';
import { PROTOCOL, PROTOCOL_HEADER } from './version.ts';

type Table = typeof routes;
type JsonOf<P> = P extends { kind: 'json'; schema: infer S extends z.ZodType } ? S : never;

/** What a call of route `N` takes: path parameters, query, headers, and its body. */
export interface CallOptions<N extends RouteName> {
  params?: Record<string, string | number>;
  query?: Record<string, string | number | boolean | undefined>;
  headers?: Record<string, string>;
  /** The JSON body, before transforms. */
  json?: Table[N] extends { body: infer B } ? z.input<JsonOf<B>> : never;
  /** The body of a `bytes` or `frames` route. */
  bytes?: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  signal?: AbortSignal;
}

/** The part of a Response that callers use, so that a lighter transport than fetch may stand in. */
export interface HttpAnswer {
  ok: boolean;
  status: number;
  body: AsyncIterable<Uint8Array> | null;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** What a call asks of `fetch`; the global one is such a function. */
export type HttpFetch = (
  url: string,
  init: {
    method: string;
    headers: Record<string, string>;
    body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
    duplex?: 'half';
    signal?: AbortSignal;
  },
) => Promise<HttpAnswer>;

/** Parsed JSON where the route answers JSON, else the answer for the caller to stream. */
export type CallReply<N extends RouteName> = Table[N]['reply'] extends { kind: 'json' }
  ? z.output<JsonOf<Table[N]['reply']>>
  : HttpAnswer;

interface ClientOptions {
  /** `http://127.0.0.1:4321`, without a slash at the end. */
  url: string;
  /** Bearer token; null for routes that need none. */
  token: string | null;
  fetch: HttpFetch;
}

export interface Client {
  call<N extends RouteName>(name: N, options?: CallOptions<N>): Promise<CallReply<N>>;
}

const urlOf = (base: string, route: Route, options: CallOptions<RouteName>): string => {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(options.params?.[name] ?? '')),
  );
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(options.query ?? {})) {
    if (value !== undefined) query.set(key, String(value));
  }
  const tail = query.toString();
  return `${base}${path}${tail === '' ? '' : `?${tail}`}`;
};

const contentType = (route: Route): Record<string, string> => {
  switch (route.body?.kind) {
    case 'json':
      return { 'content-type': 'application/json' };
    case 'frames':
      return { 'content-type': FRAMES_TYPE };
    case 'bytes':
      return { 'content-type': 'application/octet-stream' };
    default:
      return {};
  }
};

/** A body; a connection that breaks in its middle is `unavailable`, as one that never came about. */
const readText = (response: HttpAnswer, signal: AbortSignal | undefined): Promise<string> =>
  response.text().catch((cause: unknown) => {
    if (signal?.aborted === true) throw signal.reason;
    throw new PxError('unavailable', 'The control plane gave half an answer.', { cause });
  });

/** An answer that is no px error (a proxy's 502 page, say) becomes `unavailable`: it may be retried. */
const failureOf = (text: string, status: number): PxError => {
  try {
    return errorFromBody(ErrorBody.parse(JSON.parse(text)));
  } catch {
    const hint = 'Check the address with: px server status';
    return new PxError('unavailable', `The control plane answered ${status}.`, { hint });
  }
};

/**
 * The typed client of the route table. It does not retry: callers know what is idempotent. Network
 * failures surface as `unavailable`, an aborted signal as its own reason.
 */
export const createClient = (client: ClientOptions): Client => ({
  call: async (name, options = {}) => {
    const route: Route = routes[name];
    const body = options.json === undefined ? options.bytes : JSON.stringify(options.json);
    const response = await client
      .fetch(urlOf(client.url, route, options as CallOptions<RouteName>), {
        method: route.method.toUpperCase(),
        headers: {
          [PROTOCOL_HEADER]: String(PROTOCOL),
          ...contentType(route),
          ...(client.token === null ? {} : { authorization: `Bearer ${client.token}` }),
          ...options.headers,
        },
        ...(body === undefined ? {} : { body, duplex: 'half' as const }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      })
      .catch((cause: unknown) => {
        if (options.signal?.aborted === true) throw options.signal.reason;
        throw new PxError('unavailable', 'The control plane does not answer.', { cause });
      });
    const text = () => readText(response, options.signal);
    if (!response.ok) throw failureOf(await text(), response.status);
    if (route.reply.kind !== 'json') return response as CallReply<typeof name>;
    return route.reply.schema.parse(JSON.parse(await text())) as CallReply<typeof name>;
  },
});
