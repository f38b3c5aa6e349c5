import { fstatSync } from 'node:fs';
import { PxError } from '../../protocol/errors.ts';
import { writeWhole } from './write-whole.ts';

/** Where bytes go: a stream of the process, or an array in a test. */
export interface Sink {
  readonly isTTY: boolean;
  /** A regular file. */
  readonly isFile?: boolean;
  /** Columns of the terminal; undefined where it is none. */
  readonly columns: number | undefined;
  /** Resolves when the bytes have left the process; rejects when nobody reads any more. */
  write(bytes: Uint8Array): Promise<void>;
}

const GONE: readonly unknown[] = ['EPIPE', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END'];

/** Whether an error means that the reader of our output went away (`| head`). */
export const isBrokenPipe = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && GONE.includes(error.code);

/** The system's words without its call: `ENOSPC: no space left on device`. */
export const systemWords = (error: Error): string => error.message.replace(/, write$/, '');

/**
 * What a failed write means for px: a disk that is full, or a stdout that is closed, is no bug of its own.
 * A reader that went away stays what it is.
 */
export const asUnwritable = (stream: 'stdout' | 'stderr', error: unknown): unknown => {
  if (isBrokenPipe(error) || !(error instanceof Error) || !('code' in error)) return error;
  return new PxError('output_unwritable', `${stream} cannot be written: ${systemWords(error)}.`, {
    hint: 'Make room there, or send it elsewhere.',
    cause: error,
  });
};

/** Whether an error says that stdout or stderr takes nothing. */
export const isUnwritable = (error: unknown): error is PxError =>
  error instanceof PxError && error.code === 'output_unwritable';

const isFile = (fd: number): boolean => {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
};

/** A sink over stdout or stderr of the process. */
export const streamSink = (stream: NodeJS.WriteStream & { fd: 1 | 2 }): Sink => {
  // Each write reports its own failure; without a listener the stream would throw it a second time.
  stream.on('error', () => {});
  const { fd } = stream;
  const toFile = isFile(fd);
  return {
    isTTY: stream.isTTY === true,
    isFile: toFile,
    get columns() {
      return stream.columns;
    },
    write: async (bytes) =>
      toFile
        ? writeWhole(fd, bytes)
        : new Promise((resolve, reject) => {
            stream.write(bytes, (error) => (error ? reject(error) : resolve()));
          }),
  };
};
