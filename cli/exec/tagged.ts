import type { Stream } from '../../protocol/messages/output.ts';
import type { Output } from '../output/output.ts';
import { visibleBytes } from '../run/visible-bytes.ts';

const NEWLINE = 0x0a;

/** 64 KiB: a line that is longer is printed in pieces, so that memory stays bounded. */
const LINE_MAX_BYTES = 64 << 10;

/** Eight names say which nodes; more than that is a number. */
const SHOWN_NODES = 8;

/** `[demo-0, demo-1] `. */
const tagOf = (nodes: readonly string[]): string => {
  const more = nodes.length - SHOWN_NODES;
  const names = nodes.slice(0, SHOWN_NODES).join(', ');
  return `[${names}${more > 0 ? ` and ${more} more` : ''}] `;
};

/** Every line of `bytes` behind a tag; a missing last line end is added. */
const tagLines = (bytes: Uint8Array, tag: string): Buffer => {
  const mark = Buffer.from(tag);
  const parts: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, from);
    const line = bytes.subarray(from, end === -1 ? bytes.length : end);
    parts.push(mark, line, Uint8Array.of(NEWLINE));
    from += line.length + 1;
  }
  return Buffer.concat(parts);
};

/** Prints what nodes say as it comes, line by line, each behind its node's name. */
export class TaggedLines {
  readonly #output: Output;
  readonly #open = new Map<string, Uint8Array>();

  constructor(output: Output) {
    this.#output = output;
  }

  async #print(stream: Stream, bytes: Uint8Array, tag: string): Promise<void> {
    const tty = stream === 1 ? this.#output.stdoutTty : this.#output.stderrTty;
    await this.#output.write(stream, tagLines(tty ? visibleBytes(bytes) : bytes, tag));
  }

  /** Prints a whole answer. */
  async all(stream: Stream, bytes: Uint8Array, nodes: readonly string[]): Promise<void> {
    if (bytes.length > 0) await this.#print(stream, bytes, tagOf(nodes));
  }

  /** Prints the lines that these bytes complete; a copy of the rest waits for its end. */
  async add(stream: Stream, bytes: Uint8Array, node: string): Promise<void> {
    const key = `${stream} ${node}`;
    const open = this.#open.get(key);
    const all = open === undefined ? bytes : Buffer.concat([open, bytes]);
    const end = all.length > LINE_MAX_BYTES ? all.length : all.lastIndexOf(NEWLINE) + 1;
    if (end > 0) await this.#print(stream, all.subarray(0, end), tagOf([node]));
    if (end < all.length) this.#open.set(key, Uint8Array.from(all.subarray(end)));
    else this.#open.delete(key);
  }

  /** Prints what is left of a node's lines. */
  async end(node: string): Promise<void> {
    for (const stream of [1, 2] as const) {
      const key = `${stream} ${node}`;
      const open = this.#open.get(key);
      this.#open.delete(key);
      if (open !== undefined) await this.#print(stream, open, tagOf([node]));
    }
  }
}
