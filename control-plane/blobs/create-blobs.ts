import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex } from '../../protocol/bytes.ts';
import { PxError } from '../../protocol/errors.ts';
import type { Space } from '../disk.ts';
import { readRange, streamRange } from '../range.ts';
import { FileBatch } from './blob-batch.ts';
import type { BlobStore } from './blob-store.ts';

interface BlobsOptions {
  dataDir: string;
  space: Space;
  random: (count: number) => Uint8Array;
}

const missing = (sha256: string): PxError =>
  new PxError('blob_missing', `The blob ${sha256} is not stored.`, {
    hint: 'Submit the job again: px uploads what lacks.',
    details: { missing: [sha256] },
  });

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';

const removeOlder = async (folder: string, before: number): Promise<void> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    if (isMissing(cause)) return [];
    throw cause;
  });
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      await removeOlder(path, before);
      continue;
    }
    const found = await stat(path).catch(() => null);
    if (found !== null && found.mtimeMs < before) await rm(path, { force: true });
  }
};

/** Blobs in `blobs/ab/abcd…` of the data folder. */
export const createBlobs = ({ dataDir, space, random }: BlobsOptions): BlobStore => {
  const folder = join(dataDir, 'blobs');
  const pathOf = (sha256: string): string => join(folder, sha256.slice(0, 2), sha256);
  const temporaryName = (): string => toHex(random(16));
  const sizeOf = async (sha256: string): Promise<number | null> => {
    try {
      return (await stat(pathOf(sha256))).size;
    } catch (cause) {
      if (isMissing(cause)) return null;
      throw cause;
    }
  };
  let removed = 0;
  let last: Promise<unknown> = Promise.resolve();
  const exclusively = <T>(work: () => Promise<T>): Promise<T> => {
    const run = last.then(work);
    last = run.catch(() => undefined);
    return run;
  };
  const batch = () => new FileBatch({ folder, pathOf, space, temporaryName, exclusively });
  return {
    get removed() {
      return removed;
    },
    has: async (sha256) => (await sizeOf(sha256)) !== null,
    put: async (sha256, pieces) => {
      const one = batch();
      try {
        for await (const piece of pieces) await one.piece(sha256, piece);
        await one.end(sha256);
        await one.commit(() => undefined);
      } finally {
        await one.abort();
      }
    },
    batch,
    size: sizeOf,
    read: async (sha256) => {
      const size = await sizeOf(sha256);
      if (size === null) throw missing(sha256);
      return await readRange(pathOf(sha256), 0, size);
    },
    stream: (sha256) =>
      streamRange(pathOf(sha256), 0, async () => {
        const size = await sizeOf(sha256);
        if (size === null) throw missing(sha256);
        return size;
      }),
    remove: async (sha256, isUnused) =>
      await exclusively(async () => {
        if (!isUnused()) return;
        removed += 1;
        await rm(pathOf(sha256), { force: true });
      }),
    removeUnfinished: async (before) => await removeOlder(join(folder, 'tmp'), before),
  };
};
