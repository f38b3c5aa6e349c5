import { type BytePath, parentOf, type Wanted, type WantedTree } from './entry.ts';

/** What setup added to or changed in the bundle, laid over every later job's copy. */
export interface Layer {
  id: string;
  entries: WantedTree;
  deleted: ReadonlySet<BytePath>;
}

const FOLDER: Wanted = { kind: 'dir', mode: 0o755 };

/** Makes the folders above a path; false where something else stands there. */
const openWay = (tree: Map<BytePath, Wanted>, path: BytePath): boolean => {
  for (let folder = parentOf(path); folder !== ''; folder = parentOf(folder)) {
    const there = tree.get(folder);
    if (there !== undefined) return there.kind === 'dir' && openWay(tree, folder);
    tree.set(folder, FOLDER);
  }
  return true;
};

/**
 * A bundle with a layer over it. Where a later bundle has a file at the place of one of the layer's
 * folders, or the other way round, the bundle counts.
 */
export const withLayer = (tree: WantedTree, layer: Layer): WantedTree => {
  const whole = new Map(tree);
  for (const path of layer.deleted) if (whole.get(path)?.kind !== 'dir') whole.delete(path);
  for (const [path, wanted] of layer.entries) {
    const isFolder = whole.get(path)?.kind === 'dir';
    if (isFolder && wanted.kind !== 'dir') continue;
    if (openWay(whole, path)) whole.set(path, wanted);
  }
  return whole;
};
