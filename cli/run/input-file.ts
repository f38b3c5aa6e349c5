import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The input's file of a control plane on this machine: pieces are written at their places behind what is
 * durable, and the requests only name them. What was written and never acknowledged is nothing, as what
 * a crash leaves there.
 */
export class InputFile {
  #home: string | null;
  #path: string | null = null;
  #handle: Promise<FileHandle> | null = null;

  /** @param home the control plane's folder; null where it is elsewhere */
  constructor(home: string | null) {
    this.#home = home;
  }

  /** The control plane says where the file is, once there is one. */
  found(path: string | undefined): void {
    this.#path ??= path ?? null;
  }

  /** Whether it is known where the file is, or that it is of no use. */
  get isKnown(): boolean {
    return this.#home === null || this.#path !== null;
  }

  /** Whether all of `bytes` stands at its place in the file now. */
  async write(bytes: Uint8Array, offset: number): Promise<boolean> {
    if (this.#home === null || this.#path === null) return false;
    try {
      // A promise: two pieces may be on their way, and the second must not open it again.
      this.#handle ??= open(join(this.#home, this.#path), 'r+');
      const { bytesWritten } = await (await this.#handle).write(bytes, 0, bytes.length, offset);
      return bytesWritten === bytes.length;
    } catch {
      // The control plane says it better, if it cannot write there either.
      return false;
    }
  }

  /** From now on bytes go in the requests. Returns whether they did not so far. */
  giveUp(): boolean {
    const wasUsed = this.#handle !== null && this.#home !== null;
    this.#home = null;
    return wasUsed;
  }

  async close(): Promise<void> {
    const handle = await this.#handle?.catch(() => null);
    await handle?.close();
    this.#handle = null;
  }
}
