import { type FileHandle, open, rename } from 'node:fs/promises';
import { syncPath } from '../disk.ts';
import { passOver } from '../range.ts';
import { type InputPaths, writeAll } from './files.ts';

/** 16 MiB for the buffers of all partitions together. */
const BUFFERS_BYTES = 16 << 20;

/** 128 bytes: the least buffer of one partition, for 100,000 of them. */
const BUFFER_MIN_BYTES = 128;

/** A static cut: which lines go to which of `partitions` partitions. */
export interface Plan {
  partitions: number;
  lines: number;
  length: number;
  separator: number;
  /** Blocks of consecutive lines; else line i goes to partition i mod partitions. */
  consecutive: boolean;
}

/** Partition of the lines one after the other. */
const assigner = ({ partitions, lines, consecutive }: Plan): (() => number) => {
  let line = -1;
  let partition = 0;
  let last = Math.floor(lines / partitions);
  if (!consecutive) {
    return () => {
      line += 1;
      return line % partitions;
    };
  }
  return () => {
    line += 1;
    while (line >= last) {
      partition += 1;
      last = Math.floor((lines * (partition + 1)) / partitions);
    }
    return partition;
  };
};

/** Number of lines that the plan gives to a partition. */
export const linesOf = ({ partitions, lines, consecutive }: Plan, partition: number): number =>
  consecutive
    ? Math.floor((lines * (partition + 1)) / partitions) -
      Math.floor((lines * partition) / partitions)
    : Math.floor((lines - partition + partitions - 1) / partitions);

/** Number of the first line that the plan gives to a partition. */
export const firstLineOf = ({ partitions, lines, consecutive }: Plan, partition: number): number =>
  consecutive ? Math.floor((lines * partition) / partitions) : partition;

/** Takes bytes from … to of a piece; a promise where the next ones must wait. */
type Visit = (
  partition: number,
  piece: Uint8Array,
  from: number,
  to: number,
) => Promise<void> | undefined;

/** Gives every line, separator included, to its partition: in pieces where a line spans reads. */
const eachLine = async (path: string, plan: Plan, visit: Visit): Promise<void> => {
  const next = assigner(plan);
  let partition = -1;
  for await (const bytes of passOver(path, 0, plan.length)) {
    let from = 0;
    while (from < bytes.length) {
      if (partition === -1) partition = next();
      const at = bytes.indexOf(plan.separator, from);
      const to = at === -1 ? bytes.length : at + 1;
      const waiting = visit(partition, bytes, from, to);
      if (waiting !== undefined) await waiting;
      if (at !== -1) partition = -1;
      from = to;
    }
  }
};

/** Bytes of every partition: a first pass over the input. */
export const sizesOf = async (path: string, plan: Plan): Promise<Float64Array> => {
  const sizes = new Float64Array(plan.partitions);
  await eachLine(path, plan, (partition, _, from, to) => {
    sizes[partition] = (sizes[partition] ?? 0) + to - from;
    return undefined;
  });
  return sizes;
};

/** Boundaries of partitions laid one after the other: partitions + 1 offsets. */
export const tableOf = (sizes: Float64Array): Float64Array => {
  const table = new Float64Array(sizes.length + 1);
  for (const [partition, size] of sizes.entries()) {
    table[partition + 1] = (table[partition] ?? 0) + size;
  }
  return table;
};

/** Collects the bytes of all partitions in buffers of bounded total and writes them in place. */
class Dealer {
  readonly #handle: FileHandle;
  readonly #each: number;
  readonly #slab: Uint8Array;
  readonly #filled: Uint32Array;
  readonly #offsets: Float64Array;

  constructor(handle: FileHandle, table: Float64Array) {
    const partitions = table.length - 1;
    const total = Math.min(BUFFERS_BYTES, table[partitions] ?? 0);
    this.#handle = handle;
    this.#each = Math.max(BUFFER_MIN_BYTES, Math.floor(total / partitions));
    this.#slab = new Uint8Array(this.#each * partitions);
    this.#filled = new Uint32Array(partitions);
    this.#offsets = table.slice(0, partitions);
  }

  add(partition: number, piece: Uint8Array, from: number, to: number): Promise<void> | undefined {
    const filled = this.#filled[partition] ?? 0;
    if (filled + to - from > this.#each) {
      return this.#addSlowly(partition, piece.subarray(from, to));
    }
    this.#slab.set(piece.subarray(from, to), partition * this.#each + filled);
    this.#filled[partition] = filled + to - from;
    return undefined;
  }

  async flush(): Promise<void> {
    for (const partition of this.#filled.keys()) await this.#flushOne(partition);
  }

  async #addSlowly(partition: number, bytes: Uint8Array): Promise<void> {
    await this.#flushOne(partition);
    if (bytes.length <= this.#each) await this.add(partition, bytes, 0, bytes.length);
    else await this.#write(partition, bytes);
  }

  async #flushOne(partition: number): Promise<void> {
    const filled = this.#filled[partition] ?? 0;
    if (filled === 0) return;
    const at = partition * this.#each;
    await this.#write(partition, this.#slab.subarray(at, at + filled));
    this.#filled[partition] = 0;
  }

  async #write(partition: number, bytes: Uint8Array): Promise<void> {
    const offset = this.#offsets[partition] ?? 0;
    await writeAll(this.#handle, bytes, offset);
    this.#offsets[partition] = offset + bytes.length;
  }
}

const writeFileDurably = async (
  path: string,
  write: (handle: FileHandle) => Promise<void>,
): Promise<void> => {
  const temporary = `${path}.new`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await write(handle);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
};

/** Writes the table of partition boundaries, and the dealt lines unless the input itself has them in place. */
export const deal = async (paths: InputPaths, plan: Plan, table: Float64Array): Promise<void> => {
  if (!plan.consecutive) {
    await writeFileDurably(paths.cut, async (handle) => {
      const dealer = new Dealer(handle, table);
      await eachLine(paths.input, plan, (...line) => dealer.add(...line));
      await dealer.flush();
    });
  }
  await writeFileDurably(paths.lines, async (handle) => {
    await writeAll(handle, new Uint8Array(BigUint64Array.from(table, BigInt).buffer), 0);
  });
  await syncPath(paths.folder);
};

/** Reads back the table that `deal` wrote. */
export const parseTable = (bytes: Uint8Array): Float64Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: bytes.length >> 3 }, (_, at) =>
    Number(view.getBigUint64(at << 3, true)),
  );
};
