import type { Handler as HonoHandler } from 'hono';
import { show } from '../../protocol/bytes.ts';
import { PxError } from '../../protocol/errors.ts';
import { FRAMES_TYPE } from '../../protocol/frames.ts';
import type { Route } from '../../protocol/route.ts';
import type { Deps } from '../deps.ts';
import type { Principal } from '../handler.ts';
import { checkLength, DEFAULT_BODY_MAX_BYTES, readBody, streamBody } from './body.ts';
import type { AppEnv } from './context.ts';
import { parsePart } from './expected.ts';
import { refuseUnknownQuery } from './known-query.ts';
import { followSignals, type RequestSignal, whenBodyEnds } from './lifetime.ts';

/** A handler whose types the table's row has lost; the row's schemas stand in for them. */
export type AnyHandler = (call: {
  params: Record<string, string>;
  query: unknown;
  json: unknown;
  body: () => ReadableStream<Uint8Array>;
  bytes: () => Promise<Uint8Array>;
  headers: Headers;
  signal: AbortSignal;
  principal: Principal;
}) => Promise<unknown>;

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

/** The parts of a call that its body is made into; a body that is no JSON is the handler's to read. */
const bodyOf = async (route: Route, request: Request) => {
  const max = route.bodyMax ?? DEFAULT_BODY_MAX_BYTES;
  if (route.body !== undefined) checkLength(request.headers, max);
  const bytes = () => readBody(request, max);
  const json =
    route.body?.kind === 'json'
      ? parsePart(route.body.schema, parseJson(show(await bytes())), 'body')
      : null;
  return { json, bytes, body: () => streamBody(request, max) };
};

const untilSent = (answer: Response, request: RequestSignal): Response => {
  if (answer.body === null) {
    request.release();
    return answer;
  }
  const { status, headers } = answer;
  return new Response(whenBodyEnds(answer.body, request.release), { status, headers });
};

const FRAMES = { 'content-type': FRAMES_TYPE };
const JSON_TYPE = { 'content-type': 'application/json' };

/** Serves one row of the route table: its parts parsed, its handler called, its answer sent. */
export const serveRoute = (deps: Deps, route: Route, handler: AnyHandler): HonoHandler<AppEnv> => {
  return async (context) => {
    const request = followSignals(context.req.raw.signal, deps.server.signal);
    try {
      const asked = context.req.query();
      refuseUnknownQuery(route, asked);
      const query = route.query === undefined ? {} : parsePart(route.query, asked, 'query');
      const answer = await handler({
        params: context.req.param(),
        query,
        ...(await bodyOf(route, context.req.raw)),
        headers: context.req.raw.headers,
        signal: request.signal,
        principal: context.get('principal'),
      });
      if (answer instanceof Response) return untilSent(answer, request);
      request.release();
      return answer instanceof Uint8Array
        ? new Response(answer as Uint8Array<ArrayBuffer>, { headers: FRAMES })
        : new Response(JSON.stringify(answer), { headers: JSON_TYPE });
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
