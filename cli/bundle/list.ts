import { existsSync } from 'node:fs';
import { gitFiles, type Listed } from './git.ts';
import { onDisk, type RawPath, rawFromText, rawToText } from './raw-path.ts';
import { walk } from './walk.ts';

type Env = Readonly<Record<string, string | undefined>>;

const below = (folder: RawPath, path: RawPath): RawPath =>
  folder === '' ? path : `${folder}/${path}`;

const listRepository = async (root: string, folder: RawPath, env: Env): Promise<Listed[]> => {
  const name = rawToText(folder);
  // A process starts in a folder by its name as text: a name that is none cannot be handed to git.
  if (rawFromText(name) !== folder) return listWalked(root, folder, env);
  const files = await gitFiles(folder === '' ? root : `${root}/${name}`, env);
  const inside = await Promise.all(
    files
      .filter((file) => file.repository)
      .map(({ path }) => listFolder(root, below(folder, path), env)),
  );
  const kept = files.filter((file) => !file.repository);
  if (folder === '') return [...kept, ...inside.flat()];
  const named = kept.map(({ path, tracked }) => ({ path: below(folder, path), tracked }));
  return [...named, ...inside.flat()];
};

const listWalked = async (root: string, folder: RawPath, env: Env): Promise<Listed[]> => {
  const files: Listed[] = [];
  for (const { path, repository } of walk(root, folder, 'report')) {
    if (repository) files.push(...(await listRepository(root, path, env)));
    else files.push({ path, tracked: false });
  }
  return files;
};

/** A submodule or another repository inside this one lists its own files; anything else is walked. */
const listFolder = async (root: string, folder: RawPath, env: Env): Promise<Listed[]> => {
  if (!existsSync(onDisk(root, folder))) return [];
  return existsSync(onDisk(root, below(folder, '.git')))
    ? listRepository(root, folder, env)
    : listWalked(root, folder, env);
};

/**
 * The names that may travel: what git tracks and what it does not ignore, all files where there is
 * no git. Deleted files are still among them, and nothing has been left out yet.
 *
 * @param git whether the project is inside a git work tree
 */
export const listProject = (root: string, git: boolean, env: Env): Promise<Listed[]> =>
  git ? listRepository(root, '', env) : listFolder(root, '', env);
