import type { ArgLimits } from './arg-limits.ts';
import { countOf } from './count.ts';

/** A line boundary: so many bytes and so many whole lines stand before it. */
export interface Boundary {
  offset: number;
  line: number;
}

/**
 * 64 KiB between marks: the index takes 1/4096 of the input, and any boundary is found by looking
 * at no more than these bytes.
 */
export const MARK_EVERY_BYTES = 64 << 10;

/**
 * A sparse index of line boundaries, fed with the input's bytes in order. A mark stands at the first
 * boundary that is MARK_EVERY_BYTES or more behind the mark before it, so that every boundary is
 * either less than that behind a mark or a mark itself.
 */
export class LineIndex {
  readonly separator: number;
  readonly #limits: ArgLimits | null;
  readonly #offsets: number[];
  readonly #lines: number[];
  #scanned: number;
  #end: Boundary;
  #finished = false;

  /** @param start where feeding begins; not 0 where the earlier shares were dealt before a restart */
  constructor(
    separator: number,
    limits: ArgLimits | null,
    start: Boundary = { offset: 0, line: 0 },
  ) {
    this.separator = separator;
    this.#limits = limits;
    this.#offsets = [start.offset];
    this.#lines = [start.line];
    this.#scanned = start.offset;
    this.#end = start;
  }

  /** Bytes seen so far. */
  get scanned(): number {
    return this.#scanned;
  }

  /** The last boundary so far; behind it stands an unfinished line. */
  get end(): Boundary {
    return this.#end;
  }

  /** Whether no more bytes will come: then `end` is the end of the input. */
  get finished(): boolean {
    return this.#finished;
  }

  /** Feeds the next bytes. Throws a PxError where a line cannot be an argument. */
  push(bytes: Uint8Array): void {
    if (this.#limits === null) this.#count(bytes);
    else this.#check(bytes, this.#limits);
  }

  /** Lines that may be as long as they are: only how many of them lie between two marks is of interest. */
  #count(bytes: Uint8Array): void {
    const { separator } = this;
    const base = this.#scanned;
    let { line } = this.#end;
    let mark = (this.#offsets.at(-1) ?? 0) + MARK_EVERY_BYTES;
    for (let at = 0; at < bytes.length; ) {
      // A separator from here on ends a line behind which the next mark stands.
      const marked = Math.max(at, mark - 1 - base);
      line += countOf(bytes, separator, at, marked);
      const found = bytes.indexOf(separator, marked);
      if (found === -1) break;
      at = found + 1;
      line += 1;
      this.#mark(base + at, line);
      mark = base + at + MARK_EVERY_BYTES;
    }
    const last = bytes.lastIndexOf(separator);
    if (last !== -1) this.#end = { offset: base + last + 1, line };
    this.#scanned = base + bytes.length;
  }

  /** Lines that become arguments. */
  #check(bytes: Uint8Array, limits: ArgLimits): void {
    const { separator } = this;
    limits.refuseNul(bytes, this.#end.line);
    const base = this.#scanned;
    let { offset, line } = this.#end;
    let mark = (this.#offsets.at(-1) ?? 0) + MARK_EVERY_BYTES;
    for (let at = 0; at < bytes.length; at++) {
      if (bytes[at] !== separator) continue;
      const next = base + at + 1;
      limits.line(next - offset - 1, line);
      offset = next;
      line += 1;
      if (offset < mark) continue;
      this.#mark(offset, line);
      mark = offset + MARK_EVERY_BYTES;
    }
    this.#scanned = base + bytes.length;
    this.#end = { offset, line };
    limits.unfinished(this.#scanned - offset, line);
  }

  /** Ends the input: an unfinished last line is a line. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    const { offset, line } = this.#end;
    if (this.#scanned === offset) return;
    this.#limits?.line(this.#scanned - offset, line);
    this.#end = { offset: this.#scanned, line: line + 1 };
    this.#mark(this.#scanned, line + 1);
  }

  /** The last mark at or before the first boundary with at least `line` lines before it. */
  markBeforeLine(line: number): number {
    return lastAtMost(this.#lines, line);
  }

  /** The last mark at or before `offset`. */
  markBeforeOffset(offset: number): number {
    return lastAtMost(this.#offsets, offset);
  }

  /** The mark at a place in the index, or null behind the last. */
  markAt(place: number): Boundary | null {
    const offset = this.#offsets[place];
    const line = this.#lines[place];
    return offset === undefined || line === undefined ? null : { offset, line };
  }

  #mark(offset: number, line: number): void {
    this.#offsets.push(offset);
    this.#lines.push(line);
  }
}

/** Index of the last value that is at most `limit`, 0 where none is; values grow. */
const lastAtMost = (values: readonly number[], limit: number): number => {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((values[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
};
