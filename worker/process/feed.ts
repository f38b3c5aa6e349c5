import { once } from 'node:events';
import { Socket } from 'node:net';

/** An input that is being written to a process. */
interface Feeding {
  /** Resolves when all is written or the reader went away; rejects where the source failed. */
  done: Promise<void>;
  stop(): void;
}

/**
 * Resolves once all of the piece is written, or never will be. No race against one promise for all pieces:
 * that would remember every piece until the last.
 */
const write = (socket: Socket, piece: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      socket.off('close', end);
      resolve();
    };
    socket.on('close', end);
    socket.write(piece, end);
  });

/**
 * Writes bytes into a FIFO as fast as its reader takes them; asks for the next piece when the last one is
 * written, so that it may stand in the same memory. A reader that closes early is no failure.
 */
export const feed = (
  fd: number,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Feeding => {
  const socket = new Socket({ fd, readable: false, writable: true });
  const closed = once(socket, 'close').then(
    () => undefined,
    () => undefined,
  );
  socket.on('error', () => socket.destroy());
  const writeAll = async (): Promise<void> => {
    for await (const piece of pieces) {
      if (socket.destroyed) return;
      await write(socket, piece);
    }
    socket.end();
    await closed;
  };
  const done = writeAll().finally(() => socket.destroy());
  return { done, stop: () => socket.destroy() };
};
