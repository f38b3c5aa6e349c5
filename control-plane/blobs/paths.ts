import { fromBase64, show } from '../../protocol/bytes.ts';
import { PxError } from '../../protocol/errors.ts';
import type { BundleEntry } from '../../protocol/messages/bundles.ts';

const SLASH = 0x2f;

const refuse = (path: Uint8Array, why: string): PxError =>
  new PxError('bundle_refused', `The bundle holds \`${show(path)}\`: ${why}.`, {
    hint: 'Leave it out with `exclude` in px.yaml or a line in .pxignore.',
  });

/** Parts of a path between its slashes, as latin1 text: one character a byte. */
const partsOf = (path: Uint8Array): string[] => Buffer.from(path).toString('latin1').split('/');

/** Why a path does not name something below its root, part by part; null where it does. */
export const pathProblem = (path: Uint8Array): string | null => {
  if (path[0] === SLASH) return 'an absolute path';
  if (path.includes(0)) return 'a NUL byte in a path';
  const parts = partsOf(path);
  if (parts.includes('')) return 'a path with an empty part';
  return parts.includes('.') || parts.includes('..') ? 'a path with the part . or ..' : null;
};

/** Throws where a link's target is absolute or climbs out of the tree on its way. */
const checkTarget = (path: Uint8Array, target: Uint8Array): void => {
  if (target.length === 0 || target.includes(0)) throw refuse(path, 'a link to nothing');
  if (target[0] === SLASH) throw refuse(path, 'a link to an absolute path');
  let depth = partsOf(path).length - 1;
  for (const part of partsOf(target)) {
    if (part === '..') depth -= 1;
    else if (part !== '' && part !== '.') depth += 1;
    if (depth < 0) throw refuse(path, 'a link that leaves the tree');
  }
};

/**
 * Throws `bundle_refused` unless every entry stays below the root: a path may not stand below a link
 * or a file of the same bundle either, or it would be written where that leads.
 */
export const checkEntries = (entries: readonly BundleEntry[]): void => {
  const taken = new Set<string>();
  for (const entry of entries) {
    const path = fromBase64(entry.path);
    const problem = pathProblem(path);
    if (problem !== null) throw refuse(path, problem);
    if (entry.kind === 'link') checkTarget(path, fromBase64(entry.target));
    const name = Buffer.from(path).toString('latin1');
    if (taken.has(name)) throw refuse(path, 'the same path twice');
    taken.add(name);
  }
  for (const name of taken) {
    for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) {
      if (!taken.has(name.slice(0, at))) continue;
      throw refuse(Buffer.from(name, 'latin1'), 'a path below a file or a link');
    }
  }
};
