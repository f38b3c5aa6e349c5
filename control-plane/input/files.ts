import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncPath } from '../disk.ts';
import type { Piece } from './inputs.ts';

/** Where a job's input stands on disk. */
export interface InputPaths {
  folder: string;
  input: string;
  /** The dealt static cut, and its table: partition boundaries in `cut` as little-endian u64. */
  cut: string;
  lines: string;
}

/** The path of a job's input, or of its dealt cut, relative to the control plane's folder. */
export const inputFile = (jobId: string, source: 'input' | 'cut'): string =>
  join('jobs', jobId, source);

export const inputPaths = (dataDir: string, jobId: string): InputPaths => {
  const folder = join(dataDir, 'jobs', jobId);
  return {
    folder,
    input: join(dataDir, inputFile(jobId, 'input')),
    cut: join(dataDir, inputFile(jobId, 'cut')),
    lines: join(folder, '.lines'),
  };
};

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';

const openForWrite = async (path: string): Promise<{ handle: FileHandle; isNew: boolean }> => {
  try {
    return { handle: await open(path, 'r+'), isNew: false };
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
  }
  await mkdir(dirname(path), { recursive: true });
  return { handle: await open(path, 'w+', 0o600), isNew: true };
};

/** Writes all of `bytes` at `offset`. */
export const writeAll = async (
  handle: FileHandle,
  bytes: Uint8Array,
  offset: number,
): Promise<void> => {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, offset + at);
    at += bytesWritten;
  }
};

/** Writes at `offset`, unless that was done, and returns when bytes and the file's name are durable. */
export const writeDurably = async (
  path: string,
  { bytes, offset, isWritten = false }: Pick<Piece, 'bytes' | 'offset' | 'isWritten'>,
): Promise<void> => {
  const { handle, isNew } = await openForWrite(path);
  try {
    if (!isWritten) await writeAll(handle, bytes, offset);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  if (!isNew) return;
  await syncPath(dirname(path));
  await syncPath(dirname(dirname(path)));
};
