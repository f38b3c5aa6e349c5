import { CHUNK_MAX_BYTES } from '../../protocol/messages/worker.ts';

/** Where spaces of 1 MiB come from and go back to: a gigabyte of output makes next to no garbage. */
export class Spaces {
  readonly #free: Buffer[] = [];
  readonly #first: Buffer[] = [];

  /** One for a stream's first bytes. Thousands of short attempts a second use the same few. */
  takeFirst(): Buffer {
    return this.#first.pop() ?? Buffer.allocUnsafeSlow(FIRST_BYTES);
  }

  /** Nothing that was given to anybody stands in it. */
  giveBackFirst(space: Buffer): void {
    if (space.length === FIRST_BYTES && this.#first.length < FIRST_MAX) this.#first.push(space);
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(CHUNK_MAX_BYTES);
  }

  /** One that waits here; null where none does. */
  takeFree(): Buffer | null {
    return this.#free.pop() ?? null;
  }

  /** Nobody reads these bytes any more; what is no whole space is left to the garbage collector. */
  giveBack({ buffer }: Uint8Array): void {
    if (buffer.byteLength !== CHUNK_MAX_BYTES || this.#free.length >= FREE_MAX) return;
    this.#free.push(Buffer.from(buffer as ArrayBuffer));
  }
}

/** 16 MiB at most wait for their next use: what two attempts that print much hold unacknowledged. */
const FREE_MAX = 16;
/** 256 KiB at most. */
const FIRST_MAX = 64;
const NEWLINE = 0x0a;
/** 4 KiB: most streams never need more. */
const FIRST_BYTES = 4 << 10;
/** 64 KiB: behind that a space that is there anyway is taken, since growing further would leave 1 MiB of garbage. */
const GROWN_BYTES = 64 << 10;
const EMPTY = Buffer.alloc(0);

/**
 * Cuts one stream at line ends. A line of at most 1 MiB is never torn; a longer one is cut at each
 * full MiB. Holds less than 1 MiB. Bytes are copied in, so that the reader can use its buffer again.
 */
export class Chunker {
  readonly #spaces: Spaces;
  #space: Buffer = EMPTY;
  #held = 0;
  /** Bytes held up to the last newline, it included. */
  #whole = 0;
  /** A whole space was filled: the next one will be too, and need not grow from its first bytes. */
  #isLong = false;

  constructor(spaces: Spaces) {
    this.#spaces = spaces;
  }

  /** Adds bytes; returns the chunks that are full. */
  push(bytes: Uint8Array): Uint8Array[] {
    const full: Uint8Array[] = [];
    let rest = bytes;
    while (this.#held + rest.length >= CHUNK_MAX_BYTES) {
      const room = CHUNK_MAX_BYTES - this.#held;
      this.#add(rest.subarray(0, room));
      rest = rest.subarray(room);
      full.push(this.#cut(this.#whole === 0 ? this.#held : this.#whole));
    }
    this.#add(rest);
    return full;
  }

  /** The lines that are whole, as one chunk; null where there is none. */
  take(): Uint8Array | null {
    return this.#whole === 0 ? null : this.#cut(this.#whole);
  }

  /** What is left when the stream has ended. */
  end(): Uint8Array | null {
    const rest = this.#held === 0 ? null : this.#cut(this.#held);
    this.#spaces.giveBackFirst(this.#space);
    this.#spaces.giveBack(this.#space);
    this.#space = EMPTY;
    return rest;
  }

  #add(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const newline = bytes.lastIndexOf(NEWLINE);
    if (newline !== -1) this.#whole = this.#held + newline + 1;
    this.#grow(this.#held + bytes.length);
    this.#space.set(bytes, this.#held);
    this.#held += bytes.length;
  }

  #grow(bytes: number): void {
    if (bytes <= this.#space.length) return;
    let size = Math.max(FIRST_BYTES, this.#space.length);
    while (size < bytes) size *= 2;
    if (this.#isLong) size = CHUNK_MAX_BYTES;
    const space = this.#spaceOf(size);
    this.#space.copy(space, 0, 0, this.#held);
    this.#spaces.giveBackFirst(this.#space);
    this.#space = space;
  }

  #spaceOf(size: number): Buffer {
    if (size === FIRST_BYTES) return this.#spaces.takeFirst();
    if (size >= CHUNK_MAX_BYTES) return this.#spaces.take();
    const free = size > GROWN_BYTES ? this.#spaces.takeFree() : null;
    return free ?? Buffer.allocUnsafeSlow(size);
  }

  #cut(length: number): Uint8Array {
    const space = this.#space;
    const rest = space.subarray(length, this.#held);
    const newline = rest.lastIndexOf(NEWLINE);
    this.#held = rest.length;
    this.#whole = newline === -1 ? 0 : newline + 1;
    if (length * 2 < space.length) {
      const chunk = Buffer.from(space.subarray(0, length));
      space.copyWithin(0, length, length + rest.length);
      return chunk;
    }
    // Most of the space is handed over instead of copied.
    this.#isLong ||= space.length === CHUNK_MAX_BYTES;
    this.#space = rest.length === 0 ? EMPTY : Buffer.from(rest);
    return space.subarray(0, length);
  }
}
