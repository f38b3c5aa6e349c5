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

type Frames = AsyncGenerator<Sent | typeof FLUSH, void, void>;

/** What is to be written together; small parts are joined, large ones go as they are. */
class Pieces {
  readonly #whole: Uint8Array[] = [];
  #small: Uint8Array[] = [];
  length = 0;

  add(parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      this.length += part.length;
      if (part.length < WRITE_BYTES) this.#small.push(part);
      else this.#whole.push(...this.#joined(), part);
    }
  }

  end(): Uint8Array[] {
    return [...this.#whole, ...this.#joined()];
  }

  #joined(): Uint8Array[] {
    const bytes = join(this.#small);
    this.#small = [];
    return bytes.length > 0 ? [bytes] : [];
  }
}

/** Bytes that a frame only names: they count, so that the stream is not far ahead of its reader. */
const bytesElsewhere = ({ header }: Sent): number =>
  header.t === 'chunk' ? (header.file?.length ?? 0) : 0;

/** The next pieces of the stream, as many as are worth a write. */
const nextPieces = async (frames: Frames, format: Format) => {
  const pieces = new Pieces();
  let elsewhere = 0;
  while (pieces.length + elsewhere < WRITE_BYTES) {
    const frame = await frames.next();
    if (frame.done === true) return { pieces: pieces.end(), done: true };
    if (frame.value === FLUSH) {
      if (pieces.length > 0) break;
      continue;
    }
    pieces.add(format.encode(frame.value));
    elsewhere += bytesElsewhere(frame.value);
  }
  return { pieces: pieces.end(), done: false };
};

/**
 * Frames as a byte stream that does nothing until it is pulled: a slow reader holds its place in the
 * log and no bytes.
 */
export const toStream = (
  frames: Frames,
  { format, clock, ending }: StreamOptions,
): ReadableStream<Uint8Array> => {
  let pulledAt = clock.monotonic();
  let isPulling = false;
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
          const { pieces, done } = await nextPieces(frames, format);
          for (const piece of pieces) controller.enqueue(piece);
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
