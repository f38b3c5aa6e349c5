/** Where bytes go: a stream of the process, or an array in a test. */
export interface Sink {
  readonly isTTY: boolean;
  /** Columns of the terminal; undefined where it is none. */
  readonly columns: number | undefined;
  /** Resolves when the bytes have left the process; rejects when nobody reads any more. */
  write(bytes: Uint8Array): Promise<void>;
}

const GONE: readonly unknown[] = ['EPIPE', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END'];

/** Whether an error means that the reader of our output went away (`| head`). */
export const isBrokenPipe = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && GONE.includes(error.code);

/** A sink over stdout or stderr of the process. */
export const streamSink = (stream: NodeJS.WriteStream): Sink => {
  // Each write reports its own failure; without a listener the stream would throw it a second time.
  stream.on('error', () => {});
  return {
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns;
    },
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
  };
};
