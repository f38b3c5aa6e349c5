import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccountSecrets } from '../../protocol/accounts.ts';

/**
 * Gives secrets to who connects to a socket in a folder that only this user can enter, as ssh-agent
 * does: they are in no request, file, log or argument, and gone when the command ends.
 */
export const serveSecrets = async (
  secrets: AccountSecrets,
): Promise<{ path: string; close(): Promise<void> }> => {
  // Short, as a socket's path has about a hundred bytes; mkdtemp makes it 0700.
  const folder = await mkdtemp(join(tmpdir(), 'px-'));
  const path = join(folder, 's');
  const server = createServer((socket) => {
    // Who hangs up early is no reason to end a command.
    socket.on('error', () => undefined);
    socket.end(JSON.stringify(secrets));
  });
  server.listen(path);
  await once(server, 'listening');
  // It waits for nobody.
  server.unref();
  return {
    path,
    close: async () => {
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
