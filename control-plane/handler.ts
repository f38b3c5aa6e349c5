import type { z } from 'zod';
import type { RouteName, routes } from '../protocol/routes.ts';

type Table = typeof routes;
type Output<P> = P extends { kind: 'json'; schema: infer S extends z.ZodType } ? z.output<S> : null;

/** Who calls, as the bearer token proves. */
export type Principal =
  | { role: 'public' }
  | { role: 'client'; tokenId: string }
  | { role: 'join'; nodeId: string }
  | {
      role: 'node';
      nodeId: string;
      clusterId: string;
      incarnation: number;
      /** Its join token is not spent yet. */
      isFresh: boolean;
    };

/** One request, already authenticated, with its parts parsed by the route's schemas. */
export interface Call<N extends RouteName> {
  params: Record<string, string>;
  query: Table[N] extends { query: infer Q extends z.ZodType }
    ? z.output<Q>
    : Record<string, never>;
  json: Table[N] extends { body: infer B } ? Output<B> : null;
  /** The body of a `bytes` or `frames` route as it comes, bounded by the row's bodyMax. */
  body: () => ReadableStream<Uint8Array>;
  /** The same as a whole; cheaper where it is small. */
  bytes: () => Promise<Uint8Array>;
  headers: Headers;
  /** Aborts when the caller goes away or the server stops. */
  signal: AbortSignal;
  principal: Principal;
}

/**
 * JSON routes return the value (checked by type), all others a Response; for frames their bytes will do.
 * Failures are thrown as PxError.
 */
type Handler<N extends RouteName> = (
  call: Call<N>,
) => Promise<
  Table[N]['reply'] extends { kind: 'json'; schema: infer S extends z.ZodType }
    ? z.input<S>
    : Table[N]['reply'] extends { kind: 'frames' }
      ? Uint8Array<ArrayBuffer> | Response
      : Response
>;

/** One handler for every row of the route table; the compiler names the one that is missing. */
export type Handlers = { [N in RouteName]: Handler<N> };
