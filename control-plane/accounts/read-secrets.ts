import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { AccountSecrets } from '../../protocol/accounts.ts';
import { PxError } from '../../protocol/errors.ts';

/** Who waits on the socket answers at once, or has gone. */
const SILENCE_MS = 5000;

/** What the caller's environment holds of keys and tokens, from the socket that it waits on. */
export const readSecrets = async (path: string): Promise<AccountSecrets> => {
  const socket = connect({ path });
  socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error('nothing came')));
  try {
    return AccountSecrets.parse(JSON.parse(await text(socket)));
  } catch (cause) {
    throw new PxError('bad_request', 'The keys of the environment were not handed over.', {
      cause,
      hint: 'Type the command again.',
    });
  } finally {
    socket.destroy();
  }
};
