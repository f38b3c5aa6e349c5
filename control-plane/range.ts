import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { PxError } from '../protocol/errors.ts';

/** 256 KiB: what one pull of a share reads. */
const PULL_BYTES = 256 << 10;

/** 256 KiB: what a pass over the input reads at a time; other requests run in between. */
const PASS_BYTES = 256 << 10;

const damaged = (path: string): PxError =>
  new PxError('output_damaged', `The file ${path} is shorter than what was recorded.`, {
    hint: 'Submit the job again.',
  });

/**
 * 64 KiB: so much is read at once. A claim reads the inputs of some short partitions, and an open, a read
 * and a close by way of the thread pool cost it more than all else of it.
 */
const AT_ONCE_BYTES = 64 << 10;

const readAtOnce = (path: string, offset: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  const fd = openSync(path, 'r');
  try {
    for (let have = 0; have < length; ) {
      const bytesRead = readSync(fd, bytes, have, length - have, offset + have);
      if (bytesRead === 0) throw damaged(path);
      have += bytesRead;
    }
  } finally {
    closeSync(fd);
  }
  return bytes;
};

/** Fills `bytes` with what stands at `offset`. Throws `output_damaged` where the file has less. */
export const fillFrom = async (path: string, offset: number, bytes: Uint8Array): Promise<void> => {
  const { length } = bytes;
  const handle = await open(path, 'r');
  try {
    for (let have = 0; have < length; ) {
      const { bytesRead } = await handle.read(bytes, have, length - have, offset + have);
      if (bytesRead === 0) throw damaged(path);
      have += bytesRead;
    }
  } finally {
    await handle.close();
  }
};

/** The bytes of a range. Throws `output_damaged` where the file has fewer. */
export const readRange = async (
  path: string,
  offset: number,
  length: number,
): Promise<Uint8Array> => {
  if (length <= AT_ONCE_BYTES)
    return length === 0 ? new Uint8Array(0) : readAtOnce(path, offset, length);
  // Not filled with zeros first, since all of it is read.
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
  await fillFrom(path, offset, bytes);
  return bytes;
};

/** The bytes of a range in pieces; a piece is valid until the next one is asked for. */
export async function* passOver(
  path: string,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array> {
  if (to <= from) return;
  const handle = await open(path, 'r');
  const buffer = new Uint8Array(Math.min(PASS_BYTES, to - from));
  try {
    for (let at = from; at < to; ) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, to - at), at);
      if (bytesRead === 0) throw damaged(path);
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/**
 * The bytes of a range as a stream that reads only what is pulled.
 *
 * @param lengthOf asked once, at the first pull; its failure is the stream's
 * @param translate makes of a failed read what the stream fails with
 */
export const streamRange = (
  path: string,
  offset: number,
  lengthOf: () => Promise<number>,
  translate: (cause: unknown) => unknown = (cause) => cause,
): ReadableStream<Uint8Array> => {
  let handle: FileHandle | undefined;
  let at = offset;
  let end: number | undefined;
  const close = async () => {
    await handle?.close();
    handle = undefined;
  };
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        end ??= offset + (await lengthOf());
        if (at >= end) {
          await close();
          controller.close();
          return;
        }
        try {
          handle ??= await open(path, 'r');
          const piece = new Uint8Array(Math.min(PULL_BYTES, end - at));
          const { bytesRead } = await handle.read(piece, 0, piece.length, at);
          if (bytesRead === 0) throw damaged(path);
          at += bytesRead;
          controller.enqueue(piece.subarray(0, bytesRead));
        } catch (cause) {
          await close();
          throw translate(cause);
        }
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  );
};
