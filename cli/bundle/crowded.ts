import type { RawPath } from './raw-path.ts';

/** A folder and the files in it and below. */
interface Crowd {
  path: RawPath;
  files: number;
}

/** 90 %: a folder whose files lie almost all in one below is better told by that one. */
const MOSTLY = 0.9;

interface Folder extends Crowd {
  below: Map<string, Folder>;
}

const makeFolder = (path: RawPath): Folder => ({ path, files: 0, below: new Map() });

const count = (root: Folder, path: RawPath): void => {
  let at = root;
  at.files += 1;
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    const name = path.slice(0, slash);
    const next = at.below.get(name) ?? makeFolder(name);
    at.below.set(name, next);
    next.files += 1;
    at = next;
  }
};

const narrowed = (folder: Folder): Crowd => {
  const inner = [...folder.below.values()].find(({ files }) => files >= MOSTLY * folder.files);
  return inner === undefined ? { path: folder.path, files: folder.files } : narrowed(inner);
};

/** The folders that hold the most files, none inside another, the fullest first; `.` is the project's own. */
export const crowdedFolders = (paths: readonly RawPath[], most: number): Crowd[] => {
  const root = makeFolder('.');
  for (const path of paths) count(root, path);
  const own = { path: '.', files: paths.filter((path) => !path.includes('/')).length };
  return [...[...root.below.values()].map(narrowed), own]
    .filter(({ files }) => files > 0)
    .toSorted((a, b) => b.files - a.files)
    .slice(0, most);
};
