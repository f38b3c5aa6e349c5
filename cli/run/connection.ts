import type { Client } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';
import type { Context } from '../context.ts';

/**
 * Gives a client that works: after a call that nobody answered, the next one connects anew, which
 * starts the embedded control plane again where it died.
 */
export const lastingConnection = (
  context: Pick<Context, 'client' | 'reconnect'>,
): (() => Promise<Client>) => {
  let current: Promise<Client> | null = null;
  let connects = 0;

  const watched = (client: Client, number: number): Client => ({
    call: async (name, options) => {
      try {
        return await client.call(name, options);
      } catch (error) {
        const gone = error instanceof PxError && error.code === 'unavailable';
        // Of two calls that fail together, one connects anew and the other uses that.
        if (gone && number === connects) current = null;
        throw error;
      }
    },
  });

  const connect = async (number: number): Promise<Client> => {
    try {
      const client = await (number === 1 ? context.client() : context.reconnect());
      return watched(client, number);
    } catch (error) {
      if (number === connects) current = null;
      throw error;
    }
  };

  return () => {
    if (current === null) {
      connects += 1;
      current = connect(connects);
    }
    return current;
  };
};
