import { constants } from 'node:fs';
import { copyFile, type FileHandle, open, readlink } from 'node:fs/promises';

/** A link in its place is not followed, and a FIFO in its place waits for nobody. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** It is not there, or is something else by now. */
const GONE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ENODEV']);

const isGone = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && GONE.has(String(cause.code));

/** What Linux says of a name that was unlinked, or renamed over, since it was opened. */
const DELETED = Buffer.from(' (deleted)');

/** Whether an open file is the one of this very path: no folder of it was swapped for a link. */
const isAt = async ({ fd }: FileHandle, path: Buffer): Promise<boolean> => {
  const real = await readlink(`/proc/self/fd/${fd}`, 'buffer');
  return real.equals(path) || real.equals(Buffer.concat([path, DELETED]));
};

/**
 * Opens a regular file for reading; null where the path names none (any more). What a job's process
 * puts there meanwhile, a link, a FIFO, a device, is neither followed nor waited for.
 *
 * @param path its real path: no link on its way
 */
export const openRegular = async (path: Buffer): Promise<FileHandle | null> => {
  const handle = await open(path, FLAGS).catch((cause: unknown) => {
    if (isGone(cause)) return null;
    throw cause;
  });
  if (handle === null) return null;
  try {
    if ((await handle.stat()).isFile() && (await isAt(handle, path))) return handle;
  } catch (cause) {
    await handle.close();
    throw cause;
  }
  await handle.close();
  return null;
};

/** Copies a regular file as it is now; false where the path names none. */
export const copyRegular = async (path: Buffer, to: string): Promise<boolean> => {
  const handle = await openRegular(path);
  if (handle === null) return false;
  try {
    await copyFile(`/proc/self/fd/${handle.fd}`, to, constants.COPYFILE_FICLONE);
    return true;
  } finally {
    await handle.close();
  }
};
