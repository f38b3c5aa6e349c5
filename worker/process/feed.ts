import { once } from 'node:events';
import { Socket } from 'node:net';

/** An input that is being written to a process. */
interface Feeding {
  /** Resolves when all is written or the reader went away; rejects where the source failed. */
  done: Promise<void>;
  stop(): void;
}

/**
 * Resolves once the socket takes more, or never will. No race against one promise for all pieces: that
 * would remember every piece until the last.
 */
const hasRoom = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      socket.off('drain', end);
      socket.off('close', end);
      resolve();
    };
    socket.on('drain', end);
    socket.on('close', end);
  });

/** Writes bytes into a FIFO as fast as its reader takes them. A reader that closes early is no failure. */
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
  const write = async (): Promise<void> => {
    for await (const piece of pieces) {
      if (socket.destroyed) return;
      if (!socket.write(piece)) await hasRoom(socket);
    }
    socket.end();
    await closed;
  };
  const done = write().finally(() => socket.destroy());
  return { done, stop: () => socket.destroy() };
};
