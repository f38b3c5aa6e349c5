import type { Client } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';
import type { Context } from '../context.ts';

/** A control plane that dies again and again is not started for ever. */
const RESTARTS_MAX = 3;

const isReset = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && cause.code === 'ECONNRESET';

/** Whether the control plane has gone, rather than refused: its connection broke, or nothing answers. */
const isLost = (cause: unknown): boolean =>
  cause instanceof PxError ? cause.code === 'unavailable' : isReset(cause);

/**
 * Does `work`, and does it again with a control plane that is started anew where the one that served it
 * dies: a catalog is whole at any moment, and what was done twice is done.
 */
export const withRestarts = async <T>(
  context: Context,
  work: (client: Client) => Promise<T>,
  isOver: () => boolean = () => false,
): Promise<T> => {
  let client = await context.client();
  for (let losses = 0; ; losses++) {
    try {
      return await work(client);
    } catch (cause) {
      if (isOver() || !isLost(cause) || losses >= RESTARTS_MAX) throw cause;
      context.output.say('The control plane has gone. Starting it again, and going on.');
      client = await context.reconnect();
    }
  }
};
