import { realpathSync } from 'node:fs';
import { PxError } from '../../protocol/errors.ts';

const real = (path: string): string => {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
};

const holds = (folder: string, path: string): boolean =>
  folder === '/' || path === folder || path.startsWith(`${folder}/`);

/**
 * Refuses trees that nobody means to ship: `/`, the home directory or a folder above it, a tree that
 * holds PX_HOME.
 *
 * @throws PxError `bundle_refused`
 */
export const guardRoot = (root: string, home: string, pxHome: string): void => {
  const hint = 'Go to your project with cd, or make the folder a project of its own: px init';
  const folder = real(root);
  if (folder === '/') {
    throw new PxError('bundle_refused', 'px does not ship the whole file system (/).', { hint });
  }
  if (holds(folder, real(home))) {
    const words = folder === real(home) ? 'is your home directory' : 'holds your home directory';
    throw new PxError('bundle_refused', `${root} ${words}: px does not ship it.`, { hint });
  }
  if (holds(folder, real(pxHome))) {
    const message = `${root} holds ${pxHome}, where px keeps its own data: px does not ship it.`;
    throw new PxError('bundle_refused', message, { hint });
  }
};
