import type { Client } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';
import type { Context } from '../context.ts';

/** A control plane that dies of a request dies of it again. */
const TRIES = 10;
/** 100 ms: one that is on its way out refuses at once. */
const PAUSE_MS = 100;

/** Whether the control plane has gone, rather than refused: its connection broke, or nothing answers. */
const isLost = (error: unknown): boolean =>
  error instanceof PxError
    ? error.code === 'unavailable' || error.code === 'shutting_down'
    : error instanceof Error && 'code' in error && error.code === 'ECONNRESET';

interface InsistOptions {
  /** Whether nobody wants it any more. */
  isOver?: () => boolean;
  /** Told each time that the control plane has gone. */
  onLost?: () => void;
}

/**
 * Makes a call that may be made twice: where the control plane dies meanwhile, it is started again and
 * asked again.
 */
export const insist = async <T>(
  context: Pick<Context, 'client' | 'reconnect' | 'sleep'>,
  call: (client: Client, tries: number) => Promise<T>,
  { isOver = () => false, onLost = () => undefined }: InsistOptions = {},
): Promise<T> => {
  let client = await context.client();
  for (let tries = 1; ; tries++) {
    try {
      return await call(client, tries);
    } catch (error) {
      if (isOver() || !isLost(error) || tries >= TRIES) throw error;
      onLost();
      await context.sleep(PAUSE_MS);
      client = await context.reconnect();
    }
  }
};
