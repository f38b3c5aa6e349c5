import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** 70 characters: a socket's path may have some 104, with its name and the suffix that ssh adds. */
const FOLDER_MAX_CHARS = 70;
/** Without blanks, quotes and signs that ssh takes for words of its own. */
const PLAIN = /^[\w./+@-]+$/;
/** A socket: `Line` names them. */
const SOCKET = /^[0-9a-f]{12}(\.|$)/;

/**
 * The folder of sockets and pinned keys: PX_HOME/ssh, or one of this user's own with a name that is short
 * and plain.
 */
export const prepareFolder = (home: string): string => {
  const own = join(home, 'ssh');
  const short = createHash('sha256').update(home).digest('hex').slice(0, 12);
  const fits = own.length <= FOLDER_MAX_CHARS && PLAIN.test(own);
  const folder = fits ? own : join(tmpdir(), `px-ssh-${short}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Throws where it is somebody else's.
  chmodSync(folder, 0o700);
  // Those of a control plane that was killed.
  for (const name of readdirSync(folder)) {
    if (SOCKET.test(name)) rmSync(join(folder, name), { force: true });
  }
  return folder;
};

/** Once no connection is left: what stands there is made anew with each. */
export const removeFolder = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true });
