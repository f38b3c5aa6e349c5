import { Socket } from 'node:net';

/** What takes the bytes of a pipe. It copies what it keeps. */
export interface Sink {
  write(bytes: Uint8Array): void;
  readonly full: boolean;
  /** Calls back once there may be room. */
  onRoom(call: () => void): void;
}

/** A pipe that is being read. */
export interface Draining {
  /** Resolves when every writer has closed it, or when it was cut. */
  ended: Promise<void>;
  /** Stops reading: what a process may still write is dropped. */
  cut(): void;
}

/**
 * 64 KiB, as much as a pipe holds. One buffer serves all pipes, since each read is taken out of it
 * before the next: a gigabyte of output makes no garbage here.
 */
const SHARED = Buffer.allocUnsafeSlow(64 << 10);

/** Reads a FIFO into the sink; while that is full the pipe fills up and its writer blocks. */
export const drain = (fd: number, sink: Sink): Draining => {
  const goOn = (): void => {
    if (!sink.full) socket.resume();
    else sink.onRoom(goOn);
  };
  const take = (length: number, buffer: Uint8Array): boolean => {
    sink.write(buffer.subarray(0, length));
    if (!sink.full) return true;
    sink.onRoom(goOn);
    return false;
  };
  const onread = { buffer: SHARED, callback: take };
  const socket = new Socket({ fd, readable: true, writable: false, onread });
  const ended = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
    // A read error is an end: what came before it counts.
    socket.on('error', () => socket.destroy());
  });
  socket.resume();
  return { ended, cut: () => socket.destroy() };
};
