import { type Client, createClient } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';
import { ensureServer } from './find-server.ts';
import { localFetch } from './local-fetch.ts';
import type { ConnectOptions } from './options.ts';

/** Failures after which the server may be another process, on another port. */
const LOST = ['unavailable', 'shutting_down', 'unauthorized'];

/**
 * Connects to the embedded control plane of a PX_HOME and starts it where it is not running. The
 * client outlives the server: a call after one that lost it looks for it, or starts it, again.
 * Calls are not repeated: their callers know which may be.
 */
export const connect = async (options: ConnectOptions): Promise<Client> => {
  const reach = async (): Promise<Client> => {
    const { url, token } = await ensureServer(options);
    return createClient({ url, token, fetch: options.fetch ?? localFetch });
  };
  let current: Promise<Client> | null = reach();
  await current;
  const reached = (): Promise<Client> => {
    if (current !== null) return current;
    const fresh = reach();
    current = fresh;
    fresh.catch(() => {
      if (current === fresh) current = null;
    });
    return fresh;
  };
  return {
    call: async (name, callOptions) => {
      const using = reached();
      const client = await using;
      try {
        return await client.call(name, callOptions);
      } catch (cause) {
        if (current === using && cause instanceof PxError && LOST.includes(cause.code))
          current = null;
        throw cause;
      }
    },
  };
};
