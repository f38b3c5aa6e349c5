import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { PxError } from '../../protocol/errors.ts';
import type { AccountIo } from './accounts.ts';

/** A path in the caller's home. */
export const inHome = (env: AccountIo['env'], ...parts: string[]): string =>
  join(env.HOME ?? homedir(), ...parts);

/** The text of a tool's own file; null where there is none. Throws `bad_config` where it cannot be read. */
export const readIfThere = async (path: string): Promise<string | null> => {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new PxError('bad_config', `${path} cannot be read (${String(code)}).`, { cause });
  }
};
