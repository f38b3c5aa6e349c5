import * as z from 'zod';
import { show } from '../../protocol/bytes.ts';
import { PxError } from '../../protocol/errors.ts';
import { type BundleEntry, Manifest } from '../../protocol/messages/bundles.ts';
import { type TreeProblem, treeProblem } from '../../protocol/tree-paths.ts';
import { type BytePath, parentOf, type Wanted } from './entry.ts';

/** 0o755: folders are implied by their files, and have no mode of their own. */
const FOLDER_MODE = 0o755;

const refuse = ({ path, why }: TreeProblem): PxError =>
  new PxError('bundle_refused', `The bundle holds ${show(Buffer.from(path, 'latin1'))}: ${why}.`);

const decode = (base64: string): BytePath => Buffer.from(base64, 'base64').toString('latin1');

const wantedOf = (entry: BundleEntry, sourceOf: (sha: string) => string): Wanted => {
  if (entry.kind === 'link') {
    return { kind: 'link', target: decode(entry.target) };
  }
  const { mode, size, sha256 } = entry;
  return { kind: 'file', mode: mode & 0o777, size, content: sha256, source: sourceOf(sha256) };
};

const addFolders = (tree: Map<BytePath, Wanted>, path: BytePath): void => {
  for (let folder = parentOf(path); folder !== ''; folder = parentOf(folder)) {
    const there = tree.get(folder);
    if (there !== undefined) return;
    tree.set(folder, { kind: 'dir', mode: FOLDER_MODE });
  }
};

/**
 * The tree that a manifest describes. Nothing in it can lead out of its folder (protocol/tree-paths.ts).
 *
 * @throws PxError `bundle_refused`
 */
export const parseManifest = (
  bytes: Uint8Array,
  sourceOf: (sha256: string) => string,
): Map<BytePath, Wanted> => {
  const { entries } = readManifest(bytes);
  const problem = treeProblem(
    entries.map((entry) => ({
      path: decode(entry.path),
      target: entry.kind === 'link' ? decode(entry.target) : null,
    })),
  );
  if (problem !== null) throw refuse(problem);
  const tree = new Map<BytePath, Wanted>();
  for (const entry of entries) {
    const path = decode(entry.path);
    tree.set(path, wantedOf(entry, sourceOf));
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
