import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncPath } from '../disk.ts';

/** A file that is open, and whether it may be closed. */
interface OpenFile {
  handle: Promise<FileHandle>;
  users: number;
  /** Written since the last sync; closed only afterwards. */
  dirty: boolean;
}

/** 64 files: enough for the jobs that write at a time, far below the usual limit of 1,024. */
const OPEN_MAX = 64;

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';

/** A bounded number of open files for positioned reads and writes. */
export class SegmentFiles {
  readonly #files = new Map<string, OpenFile>();
  /** Folders with a new entry that is not durable yet. */
  readonly #folders = new Set<string>();
  #syncing = Promise.resolve();

  /** Writes pieces at `offset`, making the file and its folders where they lack. */
  async write(path: string, pieces: readonly Uint8Array[], offset: number): Promise<void> {
    await this.#use(
      `w:${path}`,
      () => this.#openForWrite(path),
      async (handle, file) => {
        file.dirty = true;
        let at = offset;
        let rest = pieces;
        while (rest.length > 0) {
          const { bytesWritten } = await handle.writev([...rest], at);
          at += bytesWritten;
          rest = dropBytes(rest, bytesWritten);
        }
      },
    );
  }

  /** Up to `length` bytes at `offset`; fewer where the file ends. */
  async read(path: string, offset: number, length: number): Promise<Uint8Array> {
    // Not filled with zeros first, since all of it is read.
    const buffer = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
    let have = 0;
    await this.#use(
      `r:${path}`,
      () => open(path, 'r'),
      async (handle) => {
        while (have < length) {
          const { bytesRead } = await handle.read(buffer, have, length - have, offset + have);
          if (bytesRead === 0) return;
          have += bytesRead;
        }
      },
    );
    return buffer.subarray(0, have);
  }

  /** Makes all that was written durable, files first, then the folders that name new ones. */
  sync(): Promise<void> {
    // One after the other: a second caller must not return before the first one's bytes are durable.
    this.#syncing = this.#syncing.then(() => this.#syncDirty());
    return this.#syncing;
  }

  async #syncDirty(): Promise<void> {
    const dirty = [...this.#files.values()].filter((file) => file.dirty);
    const folders = [...this.#folders];
    for (const file of dirty) file.dirty = false;
    this.#folders.clear();
    await Promise.all(dirty.map(async (file) => (await file.handle).datasync()));
    for (const folder of folders) await syncPath(folder);
  }

  /** Closes the files whose path starts so; unsynced ones too, since they are about to be deleted. */
  async close(prefix: string): Promise<void> {
    const found = [...this.#files].filter(([key]) => key.slice(2).startsWith(prefix));
    for (const [key, file] of found) {
      this.#files.delete(key);
      await closeQuietly(file);
    }
  }

  async #openForWrite(path: string): Promise<FileHandle> {
    try {
      return await open(path, 'r+');
    } catch (cause) {
      if (!isMissing(cause)) throw cause;
    }
    const folder = dirname(path);
    await mkdir(folder, { recursive: true });
    const handle = await open(path, 'w+', 0o600);
    // jobs/<id>/out, jobs/<id>, jobs: each may be new.
    this.#folders
      .add(folder)
      .add(dirname(folder))
      .add(dirname(dirname(folder)));
    return handle;
  }

  async #use(
    key: string,
    make: () => Promise<FileHandle>,
    work: (handle: FileHandle, file: OpenFile) => Promise<void>,
  ): Promise<void> {
    const file = this.#files.get(key) ?? { handle: make(), users: 0, dirty: false };
    // Set again, so that the map's order is that of the last use.
    this.#files.delete(key);
    this.#files.set(key, file);
    file.users += 1;
    try {
      await work(await file.handle, file);
    } catch (cause) {
      if (await failed(file.handle)) this.#files.delete(key);
      throw cause;
    } finally {
      file.users -= 1;
      this.#evict();
    }
  }

  #evict(): void {
    for (const [key, file] of this.#files) {
      if (this.#files.size <= OPEN_MAX) return;
      if (file.users > 0 || file.dirty) continue;
      this.#files.delete(key);
      void closeQuietly(file);
    }
  }
}

const failed = async (handle: Promise<FileHandle>): Promise<boolean> =>
  await handle.then(
    () => false,
    () => true,
  );

const closeQuietly = async (file: OpenFile): Promise<void> => {
  await file.handle.then((handle) => handle.close()).catch(() => undefined);
};

const dropBytes = (pieces: readonly Uint8Array[], count: number): readonly Uint8Array[] => {
  let left = count;
  let index = 0;
  for (const piece of pieces) {
    if (left < piece.length) break;
    left -= piece.length;
    index += 1;
  }
  const [first, ...rest] = pieces.slice(index);
  return first === undefined ? [] : [first.subarray(left), ...rest];
};
