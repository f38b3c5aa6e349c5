import { open, statfs } from 'node:fs/promises';
import { PxError } from '../protocol/errors.ts';
import type { Clock } from './clock.ts';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EROFS']);

/** The error of a full or read-only disk; it heals by itself, so that callers may try again. */
const diskFull = (
  cause?: unknown,
  message = 'The disk of the control plane is full or read-only.',
): PxError =>
  new PxError('disk_full', message, {
    hint: 'Free some space on the disk of PX_HOME; px goes on by itself.',
    cause,
  });

const mib = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)} MiB`;

/** Bytes that are free on the disk under a folder. */
const freeBytes = async (dir: string): Promise<number> => {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
};

const refuseBelow = (free: number, floorBytes: number, dir: string): void => {
  if (free >= floorBytes) return;
  const words = `The disk of ${dir} is nearly full: ${mib(free)} free`;
  throw diskFull(undefined, `${words}, and px leaves ${mib(floorBytes)}.`);
};

/** Throws `disk_full` while less than the floor is free under `dir`. */
export const checkFree = async (dir: string, floorBytes: number): Promise<void> =>
  refuseBelow(await freeBytes(dir), floorBytes, dir);

/** A failed write as `disk_full` where that is the reason, else as it is. */
export const translateWrite = (cause: unknown): unknown => {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return FULL.has(code) ? diskFull(cause) : cause;
};

/** Makes a file durable, or the names in a folder. */
export const syncPath = async (path: string): Promise<void> => {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** One second: a disk fills by some hundred MB in that time, which the floor is above. */
const LOOK_EVERY_MS = 1000;

export interface Space {
  /** Throws `disk_full` while less than the floor is free. */
  check(): Promise<void>;
}

/** Looks at the free space of the disk under `dataDir`, once a second at most. */
export const createSpace = (dataDir: string, floorBytes: number, clock: Clock): Space => {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let free = Number.POSITIVE_INFINITY;
  return {
    check: async () => {
      if (clock.monotonic() - lookedAt >= LOOK_EVERY_MS) {
        lookedAt = clock.monotonic();
        free = await freeBytes(dataDir);
      }
      refuseBelow(free, floorBytes, dataDir);
    },
  };
};
