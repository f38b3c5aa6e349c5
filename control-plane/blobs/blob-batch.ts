import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { got, PxError } from '../../protocol/errors.ts';
import { type Space, syncPath, translateWrite } from '../disk.ts';
import type { BlobBatch } from './blob-store.ts';

interface Writing {
  sha256: string;
  path: string;
  handle: FileHandle;
  hash: Hash;
  size: number;
}

interface Written {
  path: string;
  size: number;
}

/** 64 files are synced at a time: enough to share the disk's flushes, few enough open descriptors. */
const SYNC_AT_ONCE = 64;

interface BatchOptions {
  folder: string;
  pathOf: (sha256: string) => string;
  space: Space;
  /** A name for a temporary file that nobody else uses. */
  temporaryName: () => string;
  /** Runs one piece of work after the other. */
  exclusively: <T>(work: () => Promise<T>) => Promise<T>;
}

const syncAll = async (paths: readonly string[]): Promise<void> => {
  for (let at = 0; at < paths.length; at += SYNC_AT_ONCE) {
    await Promise.all(paths.slice(at, at + SYNC_AT_ONCE).map(syncPath));
  }
};

/** Writes blobs beside their place, hashing; one pass of syncs and renames makes them visible. */
export class FileBatch implements BlobBatch {
  readonly #options: BatchOptions;
  readonly #written = new Map<string, Written>();
  #writing: Writing | null = null;
  readonly #folders = new Set<string>();

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  async piece(sha256: string, bytes: Uint8Array): Promise<void> {
    try {
      const writing = await this.#begin(sha256);
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await writing.handle.write(bytes, at);
        at += bytesWritten;
      }
      writing.hash.update(bytes);
      writing.size += bytes.length;
    } catch (cause) {
      throw translateWrite(cause);
    }
  }

  async end(sha256: string): Promise<void> {
    const { handle, path, hash, size } = await this.#begin(sha256);
    this.#writing = null;
    await handle.close();
    const found = hash.digest('hex');
    if (found === sha256 && !this.#written.has(sha256)) {
      this.#written.set(sha256, { path, size });
      return;
    }
    await rm(path, { force: true });
    if (found === sha256) return;
    throw new PxError(
      'hash_mismatch',
      `Expected a blob with SHA-256 ${sha256}, got ${got(found)}.`,
    );
  }

  async commit(record: (sizes: ReadonlyMap<string, number>) => void): Promise<void> {
    if (this.#writing !== null) {
      throw new PxError('bad_request', `The blob ${this.#writing.sha256} has no end.`);
    }
    try {
      await syncAll([...this.#written.values()].map(({ path }) => path));
      await this.#options.exclusively(async () => {
        await this.#moveAll();
        record(new Map([...this.#written].map(([sha256, { size }]) => [sha256, size])));
      });
    } catch (cause) {
      throw translateWrite(cause);
    }
    this.#written.clear();
  }

  async abort(): Promise<void> {
    await this.#drop();
    for (const { path } of this.#written.values()) await rm(path, { force: true });
    this.#written.clear();
  }

  async #moveAll(): Promise<void> {
    const folders = new Set<string>();
    for (const [sha256, { path }] of this.#written) {
      const place = this.#options.pathOf(sha256);
      const folder = dirname(place);
      if (!folders.has(folder)) {
        const made = await mkdir(folder, { recursive: true });
        if (made !== undefined) folders.add(this.#options.folder);
        folders.add(folder);
      }
      await rename(path, place);
    }
    await syncAll([...folders]);
  }

  async #begin(sha256: string): Promise<Writing> {
    if (this.#writing?.sha256 === sha256) return this.#writing;
    if (this.#writing !== null) {
      throw new PxError('bad_request', `The blob ${this.#writing.sha256} has no end.`);
    }
    await this.#options.space.check();
    // Spread: a file system may take a millisecond for each of thousands of new names in one folder.
    const folder = join(this.#options.folder, 'tmp', sha256.slice(0, 2));
    if (!this.#folders.has(folder)) await mkdir(folder, { recursive: true });
    this.#folders.add(folder);
    const path = join(folder, this.#options.temporaryName());
    const handle = await open(path, 'wx', 0o600);
    this.#writing = { sha256, path, handle, hash: createHash('sha256'), size: 0 };
    return this.#writing;
  }

  async #drop(): Promise<void> {
    const writing = this.#writing;
    if (writing === null) return;
    this.#writing = null;
    await writing.handle.close();
    await rm(writing.path, { force: true });
  }
}
