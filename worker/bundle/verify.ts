import type { Stats } from 'node:fs';
import { unlinkSync } from 'node:fs';
import { type BytePath, type Laid, pathIn } from './entry.ts';
import type { Pause } from './pause.ts';
import { removeAll } from './remove.ts';
import { signatureOf, statOf } from './signature.ts';
import { namesIn } from './walk.ts';

const remove = async (root: string, path: BytePath, stats: Stats): Promise<void> => {
  if (stats.isDirectory()) await removeAll(pathIn(root, path));
  else unlinkSync(pathIn(root, path));
};

/**
 * Walks a tree that a job has used: what was added is deleted, what was changed is deleted too and
 * no longer counts as laid. Afterwards `laid` is exactly what stands there.
 *
 * @param trustedMs a file whose ctime is not before this may have changed without a new one
 */
export const pruneTree = async (
  root: string,
  laid: Map<BytePath, Laid>,
  trustedMs: number,
  pause: Pause,
): Promise<void> => {
  const seen = new Set<BytePath>();
  const folders: BytePath[] = [''];
  const isIntact = (path: BytePath, stats: Stats): boolean =>
    laid.get(path)?.signature === signatureOf(stats) &&
    (stats.isDirectory() || stats.ctimeMs < trustedMs);
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const path of namesIn(root, folder)) {
      const stats = statOf(root, path);
      if (stats === null) continue;
      if (isIntact(path, stats)) {
        seen.add(path);
        if (stats.isDirectory()) folders.push(path);
      } else {
        await remove(root, path, stats);
      }
      await pause();
    }
  }
  for (const path of [...laid.keys()]) if (!seen.has(path)) laid.delete(path);
};
