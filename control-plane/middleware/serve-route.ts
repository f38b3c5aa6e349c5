import type { Context, Handler as HonoHandler } from 'hono';
import { PxError } from '../../protocol/errors.ts';
import type { Route } from '../../protocol/route.ts';
import type { Deps } from '../deps.ts';
import type { Principal } from '../handler.ts';
import { bounded, checkLength, DEFAULT_BODY_MAX_BYTES, readText } from './body.ts';
import type { AppEnv } from './context.ts';
import { parsePart } from './expected.ts';
import { followSignals, type RequestSignal, whenBodyEnds } from './lifetime.ts';

/** A handler whose types the table's row has lost; the row's schemas stand in for them. */
export type AnyHandler = (call: {
  params: Record<string, string>;
  query: unknown;
  json: unknown;
  body: ReadableStream<Uint8Array> | null;
  headers: Headers;
  signal: AbortSignal;
  principal: Principal;
}) => Promise<unknown>;

const emptyBody = (): ReadableStream<Uint8Array> =>
  new ReadableStream({ start: (controller) => controller.close() });

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new PxError('bad_request', `Bad body: Expected JSON, got something else: ${words}`, {
      cause,
    });
  }
};

const readBody = async (route: Route, context: Context<AppEnv>) => {
  const none = { json: null, body: null };
  if (route.body === undefined) return none;
  const max = route.bodyMax ?? DEFAULT_BODY_MAX_BYTES;
  checkLength(context.req.raw.headers, max);
  const body = bounded(context.req.raw.body ?? emptyBody(), max);
  if (route.body.kind !== 'json') return { json: null, body };
  const json = parsePart(route.body.schema, parseJson(await readText(body)), 'body');
  return { json, body: null };
};

const untilSent = (answer: Response, request: RequestSignal): Response => {
  if (answer.body === null) {
    request.release();
    return answer;
  }
  const { status, headers } = answer;
  return new Response(whenBodyEnds(answer.body, request.release), { status, headers });
};

/** Serves one row of the route table: its parts parsed, its handler called, its answer sent. */
export const serveRoute = (deps: Deps, route: Route, handler: AnyHandler): HonoHandler<AppEnv> => {
  return async (context) => {
    const request = followSignals([context.req.raw.signal, deps.server.signal]);
    try {
      const query =
        route.query === undefined ? {} : parsePart(route.query, context.req.query(), 'query');
      const answer = await handler({
        params: context.req.param(),
        query,
        ...(await readBody(route, context)),
        headers: context.req.raw.headers,
        signal: request.signal,
        principal: context.get('principal'),
      });
      if (answer instanceof Response) return untilSent(answer, request);
      request.release();
      return new Response(JSON.stringify(answer), {
        headers: { 'content-type': 'application/json' },
      });
    } catch (cause) {
      request.release();
      // What was not read of it stays in the connection, which cannot carry another request then.
      if (route.body !== undefined && route.body.kind !== 'json') {
        context.header('connection', 'close');
      }
      throw cause;
    }
  };
};
