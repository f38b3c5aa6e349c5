import { type Document, isAlias, isMap, isPair, isScalar, isSeq, type Node, type Pair } from 'yaml';

/** A path into the document, as zod names it: `['cluster', 'nodes']`. */
export type KeyPath = readonly PropertyKey[];

const resolved = (node: unknown, document: Document): unknown =>
  isAlias(node) ? node.resolve(document) : node;

const pairOf = (node: unknown, key: PropertyKey): Pair | undefined => {
  if (!isMap(node)) return undefined;
  return node.items.find(
    (item) =>
      isPair(item) && String(isScalar(item.key) ? item.key.value : item.key) === String(key),
  );
};

/** The mounts at the top level stand under `mounts` for the schema: back to where they are written. */
const asWritten = (path: KeyPath, root: unknown): KeyPath => {
  const [first, second, ...rest] = path;
  if (first !== 'mounts' || second === undefined) return path;
  const nested = pairOf(pairOf(root, 'mounts')?.value, second) !== undefined;
  return !nested && pairOf(root, second) !== undefined ? [second, ...rest] : path;
};

/** What stands at a path: the pair that names it, its value, and the deepest node that exists. */
interface Place {
  key: Node | undefined;
  value: Node | undefined;
  /** Offset in the file to point at, whatever of the path exists. */
  nearestOffset: number;
}

const offsetOf = (node: unknown): number | undefined =>
  typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
    ? Number(node.range[0])
    : undefined;

/** Finds a path in the document. */
export const placeOf = (document: Document, path: KeyPath): Place => {
  let value: unknown = document.contents;
  let key: unknown;
  let nearestOffset = offsetOf(value) ?? 0;
  for (const step of asWritten(path, document.contents)) {
    const at = resolved(value, document);
    const pair = pairOf(at, step);
    key = pair?.key;
    value = isSeq(at) ? at.items[Number(step)] : pair?.value;
    nearestOffset = offsetOf(key) ?? offsetOf(value) ?? nearestOffset;
    if (value === undefined) break;
  }
  return { key: key as Node | undefined, value: value as Node | undefined, nearestOffset };
};

/** The offset of a place's value, else of its key, else of what holds it. */
export const valueOffset = (place: Place): number => offsetOf(place.value) ?? place.nearestOffset;

/** The offset of a place's key. */
export const keyOffset = (place: Place): number => offsetOf(place.key) ?? place.nearestOffset;

/** 60 characters of a value are enough to find it in the file. */
const SHOWN_MAX_CHARS = 60;

const clip = (text: string): string =>
  text.length > SHOWN_MAX_CHARS ? `${text.slice(0, SHOWN_MAX_CHARS)}…` : text;

/** `got` of a message: "`8 apples` (string)", "a list", "nothing". */
export const foundAt = (place: Place, document: Document): string => {
  const node = resolved(place.value, document);
  if (isMap(node)) return 'a map';
  if (isSeq(node)) return 'a list';
  if (!isScalar(node) || node.value === null) return 'nothing';
  return `\`${clip(node.source ?? String(node.value))}\` (${typeof node.value})`;
};
