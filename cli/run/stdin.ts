import { fstatSync } from 'node:fs';
import type { InputSource } from './input-source.ts';

/** 2 s: as long as a person waits before wondering. */
const SILENCE_MS = 2000;

export type Stdin = AsyncIterable<Uint8Array | string> & {
  fd?: number;
  isTTY?: boolean;
  destroy(): unknown;
};

/** FIFO, socket and regular file may hold input; a character device (terminal, /dev/null) never does. */
export const mayHoldInput = (stdin: Stdin): boolean => {
  if (stdin.isTTY === true) return false;
  if (stdin.fd === undefined) return true;
  try {
    const stat = fstatSync(stdin.fd);
    return stat.isFIFO() || stat.isSocket() || stat.isFile();
  } catch {
    // Closed.
    return false;
  }
};

/** Whether it is a file without a byte, which can be seen without reading. */
export const isEmptyFile = ({ fd }: Stdin): boolean => {
  if (fd === undefined) return false;
  const stat = fstatSync(fd);
  return stat.isFile() && stat.size === 0;
};

const asBytes = (chunk: Uint8Array | string): Uint8Array =>
  typeof chunk === 'string' ? Buffer.from(chunk) : chunk;

async function* rest(first: Uint8Array, chunks: AsyncIterator<Uint8Array | string>) {
  yield first;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    yield asBytes(next.value);
  }
}

/** Stdin that was asked for, whatever it is. */
export const wholeStdin = (stdin: Stdin): InputSource => ({
  name: 'stdin',
  path: null,
  bytes: {
    async *[Symbol.asyncIterator]() {
      for await (const chunk of stdin) yield asBytes(chunk);
    },
  },
});

/**
 * Stdin that nobody asked for counts as input if it has at least one byte. Says that it waits where
 * the other side keeps silent.
 */
export const stdinIfAny = async (
  stdin: Stdin,
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>,
  say: (text: string) => void,
): Promise<InputSource | null> => {
  const chunks = stdin[Symbol.asyncIterator]();
  const heard = new AbortController();
  void sleep(SILENCE_MS, heard.signal).then(() => {
    if (!heard.signal.aborted) {
      say('Waiting for input on stdin; without any, type --no-stdin or < /dev/null.');
    }
  });
  try {
    for (;;) {
      const first = await chunks.next();
      if (first.done === true) return null;
      const bytes = asBytes(first.value);
      if (bytes.length > 0) return { name: 'stdin', path: null, bytes: rest(bytes, chunks) };
    }
  } finally {
    heard.abort();
  }
};
