import { z } from 'zod';
import { show } from '../../protocol/bytes.ts';
import { PxError } from '../../protocol/errors.ts';
import { type BundleEntry, Manifest } from '../../protocol/messages/bundles.ts';
import { type BytePath, parentOf, type Wanted } from './entry.ts';

/** 0o755: folders are implied by their files, and have no mode of their own. */
const FOLDER_MODE = 0o755;

const refuse = (path: BytePath, why: string): PxError =>
  new PxError('bundle_refused', `The bundle's entry ${show(Buffer.from(path, 'latin1'))} ${why}.`);

const decode = (base64: string): BytePath => Buffer.from(base64, 'base64').toString('latin1');

const checkPath = (path: BytePath): void => {
  const isOdd = path.split('/').some((part) => part === '' || part === '.' || part === '..');
  if (isOdd || path.includes('\0')) throw refuse(path, 'is no relative path inside the bundle');
};

/** A link may lead anywhere inside the bundle, by words alone: nothing is looked up. */
const checkTarget = (path: BytePath, target: BytePath): void => {
  let depth = path.split('/').length - 1;
  if (target === '' || target.startsWith('/') || target.includes('\0')) {
    throw refuse(path, 'links to a place outside of the bundle');
  }
  for (const part of target.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '' && part !== '.') depth += 1;
    if (depth < 0) throw refuse(path, 'links to a place outside of the bundle');
  }
};

const wantedOf = (
  entry: BundleEntry,
  path: BytePath,
  sourceOf: (sha: string) => string,
): Wanted => {
  if (entry.kind === 'link') {
    const target = decode(entry.target);
    checkTarget(path, target);
    return { kind: 'link', target };
  }
  const { mode, size, sha256 } = entry;
  return { kind: 'file', mode: mode & 0o777, size, content: sha256, source: sourceOf(sha256) };
};

const addFolders = (tree: Map<BytePath, Wanted>, path: BytePath): void => {
  for (let folder = parentOf(path); folder !== ''; folder = parentOf(folder)) {
    const there = tree.get(folder);
    if (there?.kind === 'dir') return;
    if (there !== undefined) throw refuse(path, 'stands below an entry that is no folder');
    tree.set(folder, { kind: 'dir', mode: FOLDER_MODE });
  }
};

/**
 * The tree that a manifest describes. Nothing in it can lead out of its folder: a path has no `..`,
 * no entry stands below a link, a link does not point outside.
 *
 * @throws PxError `bundle_refused`
 */
export const parseManifest = (
  bytes: Uint8Array,
  sourceOf: (sha256: string) => string,
): Map<BytePath, Wanted> => {
  const { entries } = readManifest(bytes);
  const tree = new Map<BytePath, Wanted>();
  for (const entry of entries) {
    const path = decode(entry.path);
    checkPath(path);
    if (tree.has(path)) throw refuse(path, 'stands there twice');
    tree.set(path, wantedOf(entry, path, sourceOf));
  }
  for (const path of [...tree.keys()]) addFolders(tree, path);
  return tree;
};

const readManifest = (bytes: Uint8Array): z.infer<typeof Manifest> => {
  try {
    return Manifest.parse(JSON.parse(show(bytes)));
  } catch (cause) {
    const detail = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new PxError('bundle_refused', `The bundle's manifest cannot be read: ${detail}`, {
      cause,
    });
  }
};
