import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { OutputFrame } from '../../protocol/messages/output.ts';

/** Where the control plane keeps a chunk of output. */
type Place = NonNullable<Extract<OutputFrame, { t: 'chunk' }>['file']>;

/** What stands in the control plane's files is not what it recorded, or cannot be read from here. */
export class Unreadable extends Error {}

/**
 * Chunks that are read out of the control plane's own files, where this machine has them, instead of
 * coming through a connection. Reads block: they come from memory mostly, and what is read goes to a
 * file, whose writes block too.
 */
export class Recorded {
  readonly #home: string;
  #space = Buffer.alloc(0);
  #open: { path: string; fd: number } | null = null;

  /** @param home the control plane's folder */
  constructor(home: string) {
    this.#home = home;
  }

  /** The bytes of a chunk, valid until the next call. Throws `Unreadable`. */
  read({ path, offset, length, sha256 }: Place): Uint8Array {
    if (this.#space.length < length) this.#space = Buffer.allocUnsafeSlow(length);
    const bytes = this.#space.subarray(0, length);
    try {
      const fd = this.#fileAt(path);
      for (let have = 0; have < length; ) {
        const count = readSync(fd, bytes, have, length - have, offset + have);
        if (count === 0) throw new Unreadable(`${path} is shorter than what was recorded.`);
        have += count;
      }
    } catch (cause) {
      throw new Unreadable(`${path} could not be read.`, { cause });
    }
    if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes;
    throw new Unreadable(`${path} is not what was recorded.`);
  }

  close(): void {
    if (this.#open !== null) closeSync(this.#open.fd);
    this.#open = null;
  }

  #fileAt(path: string): number {
    if (this.#open?.path !== path) {
      this.close();
      this.#open = { path, fd: openSync(join(this.#home, path), 'r') };
    }
    return this.#open.fd;
  }
}
