import type { Clock } from '../clock.ts';
import { FLUSH } from './follow.ts';
import { type Format, join } from './formats.ts';
import type { Sent } from './walk.ts';

/** 64 KiB: small frames travel together up to here. */
const WRITE_BYTES = 64 << 10;

/**
 * 15 min without a pull: the reader is stopped or gone without a word. It resumes by its cursor; until
 * then nothing is held for it.
 */
const STALLED_MS = 900_000;

interface StreamOptions {
  format: Format;
  clock: Clock;
  /** Aborted with the stream, whoever ends it. */
  ending: AbortController;
}

/**
 * Frames as a byte stream that does nothing until it is pulled: a slow reader holds its place in the
 * log and no bytes.
 */
export const toStream = (
  frames: AsyncGenerator<Sent | typeof FLUSH, void, void>,
  { format, clock, ending }: StreamOptions,
): ReadableStream<Uint8Array> => {
  let pulledAt = clock.monotonic();
  let isPulling = false;
  const next = async (): Promise<{ bytes: Uint8Array; done: boolean }> => {
    const parts: Uint8Array[] = [];
    for (let length = 0; length < WRITE_BYTES; ) {
      const frame = await frames.next();
      if (frame.done === true) return { bytes: join(parts), done: true };
      if (frame.value === FLUSH) {
        if (length > 0) break;
        continue;
      }
      const encoded = format.encode(frame.value);
      for (const part of encoded) length += part.length;
      parts.push(...encoded.filter((part) => part.length > 0));
    }
    return { bytes: join(parts), done: false };
  };
  const watch = async (controller: ReadableStreamDefaultController): Promise<void> => {
    while (!ending.signal.aborted) {
      if (!isPulling && clock.monotonic() - pulledAt >= STALLED_MS) {
        ending.abort();
        controller.error(new Error('The reader has stalled.'));
        return;
      }
      await clock.sleep(STALLED_MS / 2, ending.signal);
    }
  };
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        void watch(controller);
      },
      pull: async (controller) => {
        isPulling = true;
        try {
          const { bytes, done } = await next();
          if (bytes.length > 0) controller.enqueue(bytes);
          if (!done) return;
          ending.abort();
          controller.close();
        } catch (cause) {
          ending.abort();
          throw cause;
        } finally {
          isPulling = false;
          pulledAt = clock.monotonic();
        }
      },
      cancel: async () => {
        ending.abort();
        await frames.return();
      },
    },
    { highWaterMark: 0 },
  );
};
