import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { PxError } from '../../protocol/errors.ts';

/** Bytes of the input, and where they come from. */
export interface InputSource {
  /** For people: a path, or `stdin`. */
  name: string;
  /** Absolute path of a regular file, which can be read twice; null for pipes and stdin. */
  path: string | null;
  bytes: AsyncIterable<Uint8Array>;
}

/** 256 KiB: few system calls, little memory. */
const READ_BYTES = 256 << 10;

const EXPLAINED: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EISDIR: 'is a folder',
  EACCES: 'may not be read',
};

/**
 * Opens a file of input.
 *
 * @throws PxError `file_not_found`, `bad_input`
 */
export const openInput = async (flag: string, file: string, cwd: string): Promise<InputSource> => {
  const path = resolve(cwd, file);
  try {
    const handle = await open(path, 'r');
    const stat = await handle.stat();
    if (stat.isDirectory()) {
      await handle.close();
      throw Object.assign(new Error('is a folder'), { code: 'EISDIR' });
    }
    const bytes = handle.createReadStream({ highWaterMark: READ_BYTES });
    return { name: file, path: stat.isFile() ? path : null, bytes };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const words = EXPLAINED[code] ?? `cannot be read (${code})`;
    throw new PxError(code === 'ENOENT' ? 'file_not_found' : 'bad_input', `${file} ${words}.`, {
      hint: `--${flag} takes a file of lines, seen from ${cwd}.`,
      cause,
    });
  }
};
