import { readdirSync, type Stats } from 'node:fs';
import { type BytePath, pathIn } from './entry.ts';
import type { Pause } from './pause.ts';
import { statOf } from './signature.ts';

/** Something that stands in a tree. */
export interface Found {
  path: BytePath;
  stats: Stats;
}

/** Names in a folder, as paths of the tree; none where it cannot be read any more. */
export const namesIn = (root: string, folder: BytePath): BytePath[] => {
  const prefix = folder === '' ? '' : `${folder}/`;
  try {
    const names = readdirSync(pathIn(root, folder), { encoding: 'buffer' });
    return names.map((name) => `${prefix}${name.toString('latin1')}`);
  } catch {
    return [];
  }
};

/** Everything below a folder, folders before what is in them. Links are not followed. */
export async function* walk(
  root: string,
  pause: Pause,
  isWanted: (path: BytePath) => boolean = () => true,
  enters: (folder: BytePath) => boolean = () => true,
): AsyncGenerator<Found, void, void> {
  const folders: BytePath[] = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const path of namesIn(root, folder)) {
      const stats = statOf(root, path);
      if (stats === null) continue;
      if (stats.isDirectory() && enters(path)) folders.push(path);
      if (isWanted(path)) yield { path, stats };
      await pause();
    }
  }
}
