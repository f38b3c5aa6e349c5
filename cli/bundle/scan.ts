import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { PxError } from '../../protocol/errors.ts';
import type { Listed } from './git.ts';
import { checkLinks, linkTarget, type Roots } from './links.ts';
import { dirOf, onDisk, type RawPath, rawToText } from './raw-path.ts';

export interface FoundFile {
  path: RawPath;
  /** Permission bits. */
  mode: number;
  size: number;
  mtimeMs: number;
  ctimeMs: number;
  ino: number;
}

export interface FoundLink {
  path: RawPath;
  target: RawPath;
}

interface Found {
  files: FoundFile[];
  links: FoundLink[];
  /** Sockets, FIFOs and devices: they cannot travel. */
  skipped: RawPath[];
}

/** What a node may be told of a mode: no set-user-id, no sticky bit. */
const PERMISSIONS = 0o777;

const statOf = (root: string, path: RawPath): Stats | undefined => {
  try {
    return lstatSync(onDisk(root, path), { throwIfNoEntry: false });
  } catch (cause) {
    throw new PxError('bundle_refused', `px cannot look at ${rawToText(path)}.`, {
      hint: 'Make its folder readable, or leave it out with exclude: in px.yaml.',
      cause,
    });
  }
};

/**
 * Whether a folder is really there. Where a link has taken the place of a tracked folder, git still
 * lists the files that were in it: to follow the link would ship what lies elsewhere.
 */
const realFolders = (root: string): ((folder: RawPath) => boolean) => {
  const known = new Map<RawPath, boolean>([['', true]]);
  const isReal = (folder: RawPath): boolean => {
    const before = known.get(folder);
    if (before !== undefined) return before;
    const answer = isReal(dirOf(folder)) && statOf(root, folder)?.isDirectory() === true;
    known.set(folder, answer);
    return answer;
  };
  return isReal;
};

/** Looks at every listed path: sorted by bytes, deleted ones and folders left out. */
export const scan = (root: string, listed: readonly Listed[]): Found => {
  const roots: Roots = { named: root, real: realpathSync.native(root) };
  const isReal = realFolders(root);
  const found: Found = { files: [], links: [], skipped: [] };
  const paths = listed.map(({ path }) => path).sort();
  let last: RawPath | null = null;
  for (const path of paths) {
    if (path === last || !isReal(dirOf(path))) continue;
    last = path;
    const stat = statOf(root, path);
    if (stat === undefined || stat.isDirectory()) continue;
    if (stat.isFile()) {
      const { size, mtimeMs, ctimeMs, ino } = stat;
      found.files.push({ path, mode: stat.mode & PERMISSIONS, size, mtimeMs, ctimeMs, ino });
    } else if (stat.isSymbolicLink()) found.links.push({ path, target: linkTarget(roots, path) });
    else found.skipped.push(path);
  }
  checkLinks(found.files, found.links);
  return found;
};
