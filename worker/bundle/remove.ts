import { chmodSync, lstatSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';

const SLASH = Buffer.from('/');

/** Lets the owner into every folder below, as `chmod -R u+rwX` does. */
const openFolders = (path: Buffer): void => {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  chmodSync(path, 0o700);
  for (const name of readdirSync(path, { encoding: 'buffer' })) {
    openFolders(Buffer.concat([path, SLASH, name]));
  }
};

/** Deletes whatever is there, also what stands in folders that were made read-only. */
export const removeAll = async (path: Buffer | string): Promise<void> => {
  const at = Buffer.from(path);
  const remove = () => rm(at, { recursive: true, force: true });
  try {
    await remove();
  } catch {
    openFolders(at);
    await remove();
  }
};
