import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { PxError } from '../../protocol/errors.ts';
import { onDisk, type RawPath, rawToText } from './raw-path.ts';

/** 1 MiB: long enough to be quick, short enough that signals and sockets are served in between. */
const PIECE_BYTES = 1 << 20;

const unreadable = (path: RawPath, cause: unknown): PxError =>
  new PxError('bundle_refused', `px cannot read ${rawToText(path)}.`, {
    hint: 'Make it readable, or leave it out with exclude: in px.yaml.',
    cause,
  });

/**
 * The content of a file in pieces of at most `pieceBytes`; each is a view of a buffer of its own.
 *
 * @throws PxError `bundle_refused` where it cannot be read
 */
export async function* filePieces(
  root: string,
  path: RawPath,
  pieceBytes: number,
): AsyncGenerator<Uint8Array> {
  let fd: number;
  try {
    fd = openSync(onDisk(root, path), 'r');
  } catch (cause) {
    throw unreadable(path, cause);
  }
  try {
    for (;;) {
      const buffer = Buffer.allocUnsafe(pieceBytes);
      const length = readSync(fd, buffer);
      if (length === 0) return;
      yield buffer.subarray(0, length);
      if (length === pieceBytes) await setImmediate();
    }
  } finally {
    closeSync(fd);
  }
}

/** Reads and hashes a file; small ones in one go, since a bundle has thousands of them. */
export const hashFile = async (
  root: string,
  path: RawPath,
  scratch: Buffer,
): Promise<{ sha256: string; size: number }> => {
  const hash = createHash('sha256');
  let size = 0;
  let fd: number;
  try {
    fd = openSync(onDisk(root, path), 'r');
  } catch (cause) {
    throw unreadable(path, cause);
  }
  try {
    for (;;) {
      const length = readSync(fd, scratch);
      hash.update(scratch.subarray(0, length));
      size += length;
      if (length < scratch.length) return { sha256: hash.digest('hex'), size };
      await setImmediate();
    }
  } finally {
    closeSync(fd);
  }
};

export const makeScratch = (): Buffer => Buffer.allocUnsafe(PIECE_BYTES);
