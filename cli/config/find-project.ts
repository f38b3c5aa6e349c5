import { lstat, readFile, readlink, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { PxError } from '../../protocol/errors.ts';
import type { Project } from '../project.ts';

const CONFIG_NAME = 'px.yaml';

const ancestors = (from: string): string[] => {
  const folders: string[] = [];
  for (let at = from; folders.at(-1) !== at; at = dirname(at)) folders.push(at);
  return folders;
};

const isThere = async (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** The nearest folder upwards that holds `name`; `.git` is a file in work trees and submodules. */
const nearestWith = async (name: string, from: string): Promise<string | null> => {
  for (const folder of ancestors(from)) {
    if (await isThere(join(folder, name))) return folder;
  }
  return null;
};

const whyUnreadable = async (path: string): Promise<string> => {
  try {
    return (await stat(path)).isDirectory() ? 'it is a folder' : 'you may not read it';
  } catch {
    return `it is a link to ${await readlink(path).catch(() => 'nothing')}, which is not there`;
  }
};

const unreadable = async (path: string, cause: unknown): Promise<never> => {
  throw new PxError('bad_config', `Could not read ${path}: ${await whyUnreadable(path)}.`, {
    hint: 'px.yaml must be a file that you may read.',
    cause,
  });
};

/**
 * Refuses a px.yaml further up that another user could have planted (in /tmp, say): its `setup` runs.
 * Fine are the user's own, root's, and that of whoever owns the working directory.
 */
const refuseForeign = async (path: string, cwd: string): Promise<void> => {
  const uid = process.getuid?.();
  if (uid === undefined || dirname(path) === cwd) return;
  const found = stat(path).catch((cause: unknown) => unreadable(path, cause));
  const [file, folder] = await Promise.all([found, stat(cwd)]);
  if ([uid, 0, folder.uid].includes(file.uid)) return;
  throw new PxError('bad_config', `${path} belongs to another user (uid ${file.uid}).`, {
    hint: 'Put a px.yaml into your own project: px init',
  });
};

/**
 * The project of a directory: the folder of px.yaml upwards from it, else the git root, else itself.
 *
 * @throws PxError `bad_config` that lists every problem of px.yaml with file, line and column
 */
export const findProject = async (cwd: string): Promise<Project> => {
  const [configFolder, gitRoot] = await Promise.all([
    nearestWith(CONFIG_NAME, cwd),
    nearestWith('.git', cwd),
  ]);
  if (configFolder === null) {
    return { root: gitRoot ?? cwd, configPath: null, git: gitRoot !== null, config: {} };
  }
  const configPath = join(configFolder, CONFIG_NAME);
  await refuseForeign(configPath, cwd);
  const bytes = await readFile(configPath).catch((cause: unknown) => unreadable(configPath, cause));
  const { parsePxYaml } = await import('./parse-px-yaml.ts');
  const shownAs = relative(cwd, configPath);
  return {
    root: configFolder,
    configPath,
    git: (await nearestWith('.git', configFolder)) !== null,
    config: await parsePxYaml(bytes, shownAs),
  };
};
