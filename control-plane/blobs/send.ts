import { encodeHead } from '../../protocol/frames.ts';
import type { BlobStore } from './blob-store.ts';

/** Frames of blobs one after the other, read as they are pulled; an empty blob is one empty frame. */
export const sendBlobs = (
  blobs: BlobStore,
  hashes: readonly string[],
): ReadableStream<Uint8Array> => {
  const pieces = framesOf(blobs, hashes);
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const next = await pieces.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      cancel: async () => {
        await pieces.return();
      },
    },
    { highWaterMark: 0 },
  );
};

async function* framesOf(
  blobs: BlobStore,
  hashes: readonly string[],
): AsyncGenerator<Uint8Array, void, void> {
  for (const sha256 of hashes) {
    let held: Uint8Array = new Uint8Array(0);
    for await (const piece of blobs.stream(sha256)) {
      if (held.length > 0) {
        yield encodeHead({ sha256, end: false }, held.length);
        yield held;
      }
      held = piece;
    }
    yield encodeHead({ sha256, end: true }, held.length);
    if (held.length > 0) yield held;
  }
}
