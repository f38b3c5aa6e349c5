import { createHash } from 'node:crypto';
import { PxError } from '../../protocol/errors.ts';
import { encodeFrame } from '../../protocol/frames.ts';
import { BLOB_PIECE_BYTES } from '../../protocol/messages/bundles.ts';
import type { Connection } from '../connection.ts';
import { openRegular } from './open-file.ts';

/** A file whose content the control plane should have. */
export interface Upload {
  path: Buffer;
  size: number;
  sha256: string;
  /** The content itself where it is no file's: that of a link. */
  bytes?: Buffer;
}

/** 2,000 hashes are 130 KB of JSON. */
const ASK_AT_ONCE = 2_000;
/** 8 MiB of small files go in one request. */
const REQUEST_BYTES = 8 << 20;

/** The SHA-256 of a file as it is now, and how many bytes that were; null where it is no regular file. */
export const hashFile = async (path: Buffer): Promise<{ sha256: string; size: number } | null> => {
  const handle = await openRegular(path);
  if (handle === null) return null;
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of handle.createReadStream()) {
    hash.update(piece);
    size += piece.length;
  }
  return { sha256: hash.digest('hex'), size };
};

const changed = (cause?: unknown): PxError =>
  new PxError('hash_mismatch', 'A collected file changed while it was being sent.', { cause });

/** The frames of a file, of exactly the size that was hashed; the control plane checks the sum. */
async function* framesOf({ path, size, sha256, bytes }: Upload) {
  if (size === 0) {
    yield encodeFrame({ sha256, end: true });
    return;
  }
  if (bytes !== undefined) {
    yield encodeFrame({ sha256, end: true }, bytes);
    return;
  }
  const handle = await openRegular(path);
  if (handle === null) throw changed();
  let left = size;
  const options = { highWaterMark: BLOB_PIECE_BYTES, end: size - 1 };
  for await (const piece of handle.createReadStream(options)) {
    left -= piece.length;
    yield encodeFrame({ sha256, end: left === 0 }, piece);
  }
  if (left > 0) throw changed();
}

async function* framesOfAll(uploads: readonly Upload[]) {
  for (const upload of uploads) yield* framesOf(upload);
}

/** Sends the files of one request. Throws `hash_mismatch` where one is gone or became shorter. */
const send = async (
  connection: Pick<Connection, 'call'>,
  uploads: readonly Upload[],
  signal: AbortSignal,
): Promise<void> => {
  let failure: PxError | null = null;
  const frames = async function* () {
    try {
      yield* framesOfAll(uploads);
    } catch (cause) {
      failure = cause instanceof PxError ? cause : changed(cause);
      throw failure;
    }
  };
  const bytes = ReadableStream.from(frames()) as ReadableStream<Uint8Array>;
  const size = uploads.reduce((sum, upload) => sum + upload.size, 0);
  try {
    await connection.call('workerBlobsPut', { bytes, signal, timeoutMs: timeLimit(size) });
  } catch (error) {
    // A request that its own body broke off looks like a broken network, which would be tried for ever.
    throw failure ?? error;
  }
};

/** Cuts a list into requests: many small files, or one large one. */
const inRequests = (uploads: readonly Upload[]): Upload[][] => {
  const requests: Upload[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const upload of uploads) {
    if (bytes + upload.size > REQUEST_BYTES) {
      requests.push([]);
      bytes = 0;
    }
    requests.at(-1)?.push(upload);
    bytes += upload.size;
  }
  return requests;
};

/**
 * Stores what the control plane lacks. Throws `hash_mismatch` where a file changed or went
 * since it was hashed.
 */
export const uploadMissing = async (
  connection: Pick<Connection, 'call'>,
  uploads: readonly Upload[],
  signal: AbortSignal,
): Promise<void> => {
  const byHash = [...new Map(uploads.map((upload) => [upload.sha256, upload])).values()];
  for (let at = 0; at < byHash.length; at += ASK_AT_ONCE) {
    const asked = byHash.slice(at, at + ASK_AT_ONCE);
    const json = { hashes: asked.map(({ sha256 }) => sha256) };
    const { missing } = await connection.call('workerBlobsMissing', { json, signal });
    const lacking = new Set(missing);
    for (const request of inRequests(asked.filter(({ sha256 }) => lacking.has(sha256)))) {
      await send(connection, request, signal);
    }
  }
};

const LEAST_MS = 60_000;
/** 100 KB a second: a slower way is taken for a broken one. */
const SLOWEST_BYTES_PER_MS = 100;

const timeLimit = (bytes: number): number => LEAST_MS + bytes / SLOWEST_BYTES_PER_MS;
