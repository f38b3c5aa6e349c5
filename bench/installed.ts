import { cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDist } from '../scripts/dist.ts';

const root = join(import.meta.dirname, '..');

/** Lays px out in `folder` as npm installs it, with the dependencies of this checkout; says its launcher. */
export const installPx = async (folder: string): Promise<string> => {
  await mkdir(folder, { recursive: true });
  await cp(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
  await cp(join(root, 'package.json'), join(folder, 'package.json'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await makeDist(join(folder, 'dist'));
  return join(folder, 'bin', 'px');
};
