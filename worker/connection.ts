import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import {
  type CallOptions,
  type CallReply,
  createClient,
  type HttpAnswer,
  type HttpFetch,
} from '../protocol/client.ts';
import { PxError } from '../protocol/errors.ts';
import type { RouteName } from '../protocol/routes.ts';
import type { Clock } from './clock.ts';

/** 30 s: longer than a report of 8 MiB takes at 3 Mbit/s. Long polls add their own wait. */
const CALL_MS = 30_000;

type ConnectionCall<N extends RouteName> = CallOptions<N> & { timeoutMs?: number };

/** The worker's way to its control plane: one token, one address that may change. */
export interface Connection {
  /** A JSON route. */
  call<N extends RouteName>(name: N, options?: ConnectionCall<N>): Promise<CallReply<N>>;
  /** The whole answer of a `frames` or `bytes` route. */
  bytes<N extends RouteName>(name: N, options?: ConnectionCall<N>): Promise<Uint8Array>;
  /** The answer of a `frames` or `bytes` route piece by piece; the time limit is per piece. */
  pieces<N extends RouteName>(
    name: N,
    options?: ConnectionCall<N>,
  ): AsyncGenerator<Uint8Array, void, void>;
  /** Monotonic milliseconds of the last good answer; of the start before the first. */
  heardAt(): number;
  /** From now on the node's own token. */
  useToken(token: string): void;
}

interface ConnectionDeps {
  clock: Pick<Clock, 'after' | 'monotonic'>;
  fetch: HttpFetch;
  url: string | undefined;
  serverFile: string | undefined;
  /** The join token, until the node has its own. */
  token: string;
}

const ServerFile = z.object({ url: z.string() });

/** The address in `server.json`; null while there is none. */
const readAddress = async (path: string): Promise<string | null> => {
  try {
    return ServerFile.parse(JSON.parse(await readFile(path, 'utf8'))).url;
  } catch {
    return null;
  }
};

/** Finds the address: fixed, or in `server.json`, which is read again after every failure. */
const createAddress = (deps: ConnectionDeps) => {
  let known: string | null = deps.url ?? null;
  const read = async (): Promise<string | null> =>
    deps.serverFile === undefined ? known : await readAddress(deps.serverFile);
  return {
    current: async (): Promise<string> => {
      known ??= await read();
      if (known === null) throw new PxError('unavailable', 'The control plane is not running.');
      return known;
    },
    /** Reads it again; whether it is another one than `used`. */
    renew: async (used: string): Promise<boolean> => {
      const found = await read();
      if (found !== null) known = found;
      return known !== used;
    },
  };
};

/** Made once: an abort without a reason makes an error with a stack each time. */
const OVER = new Error('the call is over');

/** A time limit beside the caller's signal. */
const createLimit = (clock: Pick<Clock, 'after'>, ms: number, outer: AbortSignal | undefined) => {
  const controller = new AbortController();
  const give = () => controller.abort(outer?.reason);
  const late = () => controller.abort(new PxError('unavailable', 'The control plane is silent.'));
  let timer = clock.after(ms, late);
  if (outer?.aborted === true) give();
  outer?.addEventListener('abort', give, { once: true });
  return {
    signal: controller.signal,
    again: () => {
      timer.cancel();
      timer = clock.after(ms, late);
    },
    /** Ends the limit and, where it is still going on, the request. */
    end: () => {
      timer.cancel();
      outer?.removeEventListener('abort', give);
      controller.abort(OVER);
    },
  };
};

/** An answer that was cut off, or is not what it should be, is no answer: the call may be repeated. */
const failureOf = (cause: unknown, outer: AbortSignal | undefined): unknown => {
  if (cause instanceof PxError || outer?.aborted === true) return cause;
  return new PxError('unavailable', 'The control plane gave half an answer.', { cause });
};

export const createConnection = (deps: ConnectionDeps): Connection => {
  const address = createAddress(deps);
  let { token } = deps;
  let heardAt = deps.clock.monotonic();

  const send = async <N extends RouteName>(
    name: N,
    options: ConnectionCall<N>,
    signal: AbortSignal,
  ): Promise<CallReply<N>> => {
    const url = await address.current();
    const { timeoutMs: _, ...rest } = options;
    const call = () =>
      createClient({ url, token, fetch: deps.fetch }).call(name, { ...rest, signal });
    const reply = await call().catch(async (error: unknown) => {
      const code = error instanceof PxError ? error.code : 'unavailable';
      if (code !== 'unavailable' && code !== 'unauthorized') throw error;
      // Another program may have got the port of a control plane that restarted: its 401 says nothing.
      const moved = await address.renew(url);
      if (moved) throw new PxError('unavailable', 'The control plane moved.', { cause: error });
      throw error;
    });
    heardAt = deps.clock.monotonic();
    return reply;
  };

  const limited = async <N extends RouteName, T>(
    name: N,
    options: ConnectionCall<N>,
    use: (reply: CallReply<N>) => Promise<T>,
  ): Promise<T> => {
    const limit = createLimit(deps.clock, options.timeoutMs ?? CALL_MS, options.signal);
    try {
      return await use(await send(name, options, limit.signal));
    } catch (error) {
      throw failureOf(error, options.signal);
    } finally {
      limit.end();
    }
  };

  return {
    call: (name, options = {}) => limited(name, options, (reply) => Promise.resolve(reply)),
    bytes: (name, options = {}) =>
      limited(
        name,
        options,
        async (reply) => new Uint8Array(await (reply as HttpAnswer).arrayBuffer()),
      ),
    pieces: async function* (name, options = {}) {
      const limit = createLimit(deps.clock, options.timeoutMs ?? CALL_MS, options.signal);
      try {
        const reply = (await send(name, options, limit.signal)) as HttpAnswer;
        for await (const piece of reply.body ?? []) {
          limit.again();
          yield piece;
          limit.again();
        }
      } catch (error) {
        throw failureOf(error, options.signal);
      } finally {
        limit.end();
      }
    },
    heardAt: () => heardAt,
    useToken: (own) => {
      token = own;
    },
  };
};
