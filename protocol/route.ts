import type { z } from 'zod';

/**
 * Who may call a route. `public`: anyone. `client`: a user's token. `join`: a single-use join token.
 * `node`: a node's own token.
 */
export type Role = 'public' | 'client' | 'join' | 'node';

/** What a body or an answer is made of; `bytes` and `frames` are streams, everything else is JSON. */
export type Payload =
  | { kind: 'json'; schema: z.ZodType }
  | { kind: 'frames' }
  | { kind: 'bytes' }
  | { kind: 'stream' };

/** One row of the route table: OpenAPI document, server registration and client come from it. */
export interface Route {
  method: 'get' | 'post' | 'put' | 'delete';
  /** OpenAPI style, with `{name}` parameters. */
  path: `/v1/${string}`;
  role: Role;
  summary: string;
  query?: z.ZodObject;
  body?: Payload;
  /** Bytes; a longer body is `too_large`. */
  bodyMax?: number;
  reply: Payload;
}

/** A JSON payload. */
export const json = <S extends z.ZodType>(schema: S) => ({ kind: 'json', schema }) as const;
export const frames = { kind: 'frames' } as const;
export const bytes = { kind: 'bytes' } as const;
/** A long answer by Accept: text, NDJSON, SSE or frames. */
export const stream = { kind: 'stream' } as const;
