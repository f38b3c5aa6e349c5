/**
 * The one rule of what may stand in a bundle, for who makes it, who stores it and who lays it down.
 * Paths are bytes as text, one character (0–255) for each byte, relative to the tree, with `/`.
 */

/** An entry of a tree: a link with its target, or a file. */
interface TreeEntry {
  path: string;
  target: string | null;
}

/** Why an entry cannot stand in the tree. */
export interface TreeProblem {
  path: string;
  /** Goes on behind "the bundle holds `path`: ". */
  why: string;
}

/** 40: Linux follows so many links on the way of one path, then says ELOOP. */
const FOLLOWED_MAX = 40;

/** Why a path does not name something below its root, part by part; null where it does. */
export const pathProblem = (path: string): string | null => {
  if (path.startsWith('/')) return 'an absolute path';
  if (path.includes('\0')) return 'a NUL byte in a path';
  const parts = path.split('/');
  if (parts.includes('')) return 'a path with an empty part';
  return parts.includes('.') || parts.includes('..') ? 'a path with the part . or ..' : null;
};

/**
 * Walks where a link leads as a kernel does: a part that is a link of the tree is followed before the
 * next one is looked at, so that `..` behind it leaves the folder that it leads to. What is not in the
 * tree counts as a folder. Links that turn in circles lead nowhere.
 */
const targetProblem = (
  path: string,
  target: string,
  links: ReadonlyMap<string, string>,
): string | null => {
  const at = path.split('/').slice(0, -1);
  const ahead = target.split('/').reverse();
  const follow = (to: string): string | null => {
    if (to === '' || to.includes('\0')) return 'a link to nothing';
    return to.startsWith('/') ? 'a link to an absolute path' : null;
  };
  let problem = follow(target);
  for (let followed = 0; problem === null && followed < FOLLOWED_MAX; ) {
    const part = ahead.pop();
    if (part === undefined) return null;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (at.pop() === undefined) problem = 'a link that leaves the tree';
      continue;
    }
    at.push(part);
    const next = links.get(at.join('/'));
    if (next === undefined) continue;
    followed += 1;
    at.pop();
    problem = follow(next);
    ahead.push(...next.split('/').reverse());
  }
  return problem;
};

/** Whether something of the tree stands where a folder of this path must be. */
const isBelow = (path: string, taken: ReadonlySet<string>): boolean => {
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    if (taken.has(path.slice(0, at))) return true;
  }
  return false;
};

/**
 * The first entry that would not stay below the root; null where all do. A path may not stand below
 * a link or a file of the same tree either, or it would be written where that leads.
 */
export const treeProblem = (entries: readonly TreeEntry[]): TreeProblem | null => {
  const taken = new Set<string>();
  const links = new Map<string, string>();
  for (const { path, target } of entries) {
    const why = taken.has(path) ? 'the same path twice' : pathProblem(path);
    if (why !== null) return { path, why };
    taken.add(path);
    if (target !== null) links.set(path, target);
  }
  const below = entries.find(({ path }) => isBelow(path, taken));
  if (below !== undefined) return { path: below.path, why: 'a path below a file or a link' };
  for (const { path, target } of entries) {
    const why = target === null ? null : targetProblem(path, target, links);
    if (why !== null) return { path, why };
  }
  return null;
};
