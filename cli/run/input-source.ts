import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { PxError } from '../../protocol/errors.ts';

/** Bytes of the input, and where they come from. */
export interface InputSource {
  /** For people: a path, or `stdin`. */
  name: string;
  /** Absolute path of a regular file, which can be read twice; null for pipes and stdin. */
  path: string | null;
  /** A chunk is valid until the next one is asked for. */
  bytes: AsyncIterable<Uint8Array>;
}

/** One that was opened here. */
interface OpenSource extends InputSource {
  /** In place of reading it. */
  close(): Promise<void>;
}

/** 256 KiB: few system calls, little memory. */
const READ_BYTES = 256 << 10;

const EXPLAINED: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EISDIR: 'is a folder',
  EACCES: 'may not be read',
};

/** A regular file from its start to its end; a stream would read each piece into fresh memory. */
async function* bytesOf(handle: FileHandle): AsyncGenerator<Uint8Array> {
  const space = Buffer.allocUnsafeSlow(READ_BYTES);
  try {
    for (;;) {
      const { bytesRead } = await handle.read(space, 0, space.length);
      if (bytesRead === 0) return;
      yield space.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/**
 * Opens a file of input.
 *
 * @throws PxError `file_not_found`, `bad_input`
 */
export const openInput = async (flag: string, file: string, cwd: string): Promise<OpenSource> => {
  const path = resolve(cwd, file);
  try {
    const handle = await open(path, 'r');
    const stat = await handle.stat();
    if (stat.isDirectory()) {
      await handle.close();
      throw Object.assign(new Error('is a folder'), { code: 'EISDIR' });
    }
    const source = { name: file, close: () => handle.close() };
    if (stat.isFile()) return { ...source, path, bytes: bytesOf(handle) };
    const bytes = handle.createReadStream({ highWaterMark: READ_BYTES });
    return { ...source, path: null, bytes };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const words = EXPLAINED[code] ?? `cannot be read (${code})`;
    throw new PxError(code === 'ENOENT' ? 'file_not_found' : 'bad_input', `${file} ${words}.`, {
      hint: `--${flag} takes a file of lines, seen from ${cwd}.`,
      cause,
    });
  }
};
