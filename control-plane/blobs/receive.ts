import { got, PxError } from '../../protocol/errors.ts';
import { FrameDecoder } from '../../protocol/frames.ts';
import { BLOB_PIECE_BYTES, BlobFrame } from '../../protocol/messages/bundles.ts';
import type { Deps } from '../deps.ts';
import { recordBlobs } from '../store/blobs.ts';

const headerOf = (header: unknown): BlobFrame => {
  const parsed = BlobFrame.safeParse(header);
  if (parsed.success) return parsed.data;
  throw new PxError('bad_request', `Expected the header of a blob's frame, got ${got(header)}.`);
};

/**
 * Stores the blobs of a body of frames: all of them, durable, or none. Throws `hash_mismatch`,
 * `bad_request`, `disk_full`.
 */
export const receiveBlobs = async (deps: Deps, body: ReadableStream<Uint8Array>): Promise<void> => {
  const batch = deps.blobs.batch();
  const decoder = new FrameDecoder();
  try {
    for await (const bytes of body) {
      for (const frame of decoder.push(bytes)) {
        const { sha256, end } = headerOf(frame.header);
        if (frame.body.length > BLOB_PIECE_BYTES) {
          throw new PxError('bad_request', 'A piece of a blob is longer than 4 MiB.');
        }
        await batch.piece(sha256, frame.body);
        if (end) await batch.end(sha256);
      }
    }
    if (!decoder.empty) throw new PxError('bad_request', 'The body ends inside a frame.');
    await batch.commit((sizes) => recordBlobs(deps.db, sizes, deps.clock.now()));
  } finally {
    await batch.abort();
  }
};
