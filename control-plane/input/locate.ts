import { readSync } from 'node:fs';
import { type Boundary, type LineIndex, MARK_EVERY_BYTES } from './line-index.ts';

/** Bytes of an input that were read last: the next boundary is mostly among them. */
export interface Near {
  offset: number;
  bytes: Uint8Array;
}

/** Finds exact boundaries: the index says where to look, the file has the bytes. */
export interface Locator {
  index: LineIndex;
  near: Near;
  /** A descriptor of the job's `input`, opened at the first call. */
  open: () => number;
}

const readRange = (fd: number, offset: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  let have = 0;
  while (have < length) {
    const got = readSync(fd, bytes, have, length - have, offset + have);
    if (got === 0) break;
    have += got;
  }
  return bytes.subarray(0, have);
};

const readNear = ({ near, open }: Locator, offset: number, length: number): Uint8Array => {
  const at = offset - near.offset;
  if (at >= 0 && at + length <= near.bytes.length) return near.bytes.subarray(at, at + length);
  Object.assign(near, { offset, bytes: readRange(open(), offset, length) });
  return near.bytes;
};

/** The first boundary from `from` on that `found` accepts, at most `window` bytes away, else null. */
const scan = (
  locator: Locator,
  from: Boundary,
  window: number,
  found: (boundary: Boundary) => boolean,
): Boundary | null => {
  const { index } = locator;
  const bytes = readNear(locator, from.offset, Math.min(window, index.end.offset - from.offset));
  let { line } = from;
  for (let at = bytes.indexOf(index.separator); at !== -1; ) {
    line += 1;
    const boundary = { offset: from.offset + at + 1, line };
    if (found(boundary)) return boundary;
    at = bytes.indexOf(index.separator, at + 1);
  }
  return null;
};

const locate = (
  locator: Locator,
  place: number,
  from: Boundary,
  found: (boundary: Boundary) => boolean,
): Boundary => {
  const { index } = locator;
  const mark = index.markAt(place);
  if (mark === null) return index.end;
  const start = from.offset > mark.offset ? from : mark;
  if (found(start)) return start;
  const window = mark.offset + MARK_EVERY_BYTES - start.offset;
  return scan(locator, start, window, found) ?? index.markAt(place + 1) ?? index.end;
};

/**
 * The boundary with exactly `line` lines before it.
 *
 * @param from an earlier boundary, from which the search may begin
 * @param line more than from.line, at most index.end.line
 */
export const boundaryAtLine = (locator: Locator, from: Boundary, line: number): Boundary => {
  const place = locator.index.markBeforeLine(line);
  return locate(locator, place, from, (boundary) => boundary.line === line);
};

/**
 * The first boundary at or behind `offset`.
 *
 * @param offset more than from.offset, at most index.end.offset
 */
export const boundaryAtOffset = (locator: Locator, from: Boundary, offset: number): Boundary => {
  const place = locator.index.markBeforeOffset(offset);
  return locate(locator, place, from, (boundary) => boundary.offset >= offset);
};
