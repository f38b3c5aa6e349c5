import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PxError } from '../../../protocol/errors.ts';
import { runProgram, type Tools } from '../../machines/command.ts';

const MAKE_MS = 10_000;

/** The key with which this control plane logs in to machines that it made. */
export interface OwnKey {
  /** Path of the private key. */
  file: string;
  /** `ssh-ed25519 AAAA…`. */
  publicKey: string;
}

/** Makes it once; it stays in PX_HOME. */
export const ownKey = async (tools: Tools, home: string): Promise<OwnKey> => {
  const file = join(home, 'keys', 'machines');
  if (!existsSync(`${file}.pub`)) {
    mkdirSync(join(home, 'keys'), { recursive: true, mode: 0o700 });
    const argv = ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'px', '-f', file];
    const { status, stderr } = await runProgram(tools, argv, { text: 'y\n' }, MAKE_MS);
    if (status !== 0) {
      throw new PxError('provider_refused', `ssh-keygen made no key: ${stderr.trim()}`, {
        hint: 'Install the OpenSSH client.',
      });
    }
  }
  const [type = '', key = ''] = readFileSync(`${file}.pub`, 'utf8').split(' ');
  return { file, publicKey: `${type} ${key.trim()}` };
};
