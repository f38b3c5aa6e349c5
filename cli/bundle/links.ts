import { readlinkSync, realpathSync } from 'node:fs';
import { posix } from 'node:path';
import { PxError } from '../../protocol/errors.ts';
import { treeProblem } from '../../protocol/tree-paths.ts';
import { dirOf, onDisk, type RawPath, rawFromBytes, rawFromText, rawToText } from './raw-path.ts';

/** The project's folder as it is named, and as it really is. */
export interface Roots {
  named: string;
  real: string;
}

const leaves = (path: RawPath, target: RawPath): PxError => {
  const message = `The link ${rawToText(path)} leaves the project: it points to ${rawToText(target)}.`;
  return new PxError('bundle_refused', message, {
    hint: `Leave it out (exclude: ['${rawToText(path)}'] in px.yaml, or .pxignore), or put the file itself there.`,
  });
};

const inside = (root: RawPath, path: RawPath): boolean =>
  path === root || path.startsWith(root === '/' ? root : `${root}/`);

/** The system's own: Node's goes by the words of `..` behind a link, and round in circles for ever at times. */
const realTarget = (root: string, path: RawPath): RawPath | null => {
  try {
    return rawFromBytes(realpathSync.native(onDisk(root, path), 'buffer'));
  } catch {
    // It dangles, or turns in circles: it leads nowhere, on a node as here.
    return null;
  }
};

/**
 * The target of a link as it travels, not yet checked by its words (`checkLinks`). An absolute one that stays in the project becomes relative:
 * the project is elsewhere on a node.
 *
 * @throws PxError `bundle_refused` where it leaves the project
 */
export const linkTarget = (roots: Roots, path: RawPath): RawPath => {
  const target = rawFromBytes(readlinkSync(onDisk(roots.named, path), 'buffer'));
  const realRoot = rawFromText(roots.real);
  const real = realTarget(roots.named, path);
  if (real !== null && !inside(realRoot, real)) throw leaves(path, target);
  if (!target.startsWith('/')) return target;
  const root = [realRoot, rawFromText(roots.named)].find((candidate) => inside(candidate, target));
  if (root === undefined) throw leaves(path, target);
  return posix.relative(`/${dirOf(path)}`, `/${target.slice(root.length + 1)}`) || '.';
};

/**
 * Throws `bundle_refused` where a link would lead out of the tree on a node: by its own words, or by
 * way of other links that travel.
 */
export const checkLinks = (
  files: readonly { path: RawPath }[],
  links: readonly { path: RawPath; target: RawPath }[],
): void => {
  const entries = [...files.map(({ path }) => ({ path, target: null })), ...links];
  const problem = treeProblem(entries);
  const link = links.find(({ path }) => path === problem?.path);
  if (link !== undefined) throw leaves(link.path, link.target);
};
