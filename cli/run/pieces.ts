import type { Spaces } from './spaces.ts';

/** 50 ms: a slow producer's lines go out at once for a person, and together for a machine. */
const LINGER_MS = 50;

type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;

/**
 * A promise, unless the signal aborts first. No race against one promise for all of a source: that
 * would hold every chunk until the last.
 */
const orAborted = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });

interface PiecesOptions {
  /** Where the pieces stand; whoever gets one gives its space back. */
  spaces: Spaces;
  /** The first piece is at most so long. */
  firstBytes: number;
  sleep: Sleep;
  signal: AbortSignal;
}

/**
 * Gathers chunks into pieces that fill a space; what there is goes out after LINGER_MS though more may
 * come. A chunk may stand in the same memory as the one before. Throws the signal's reason when that
 * aborts, though the source is silent.
 */
export async function* pieces(
  source: AsyncIterable<Uint8Array>,
  { spaces, firstBytes, sleep, signal }: PiecesOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  signal.throwIfAborted();
  const chunks = source[Symbol.asyncIterator]();
  const ask = () => {
    const next = chunks.next();
    // Awaited below; until then a failure must not count as unhandled.
    next.catch(() => {});
    return next;
  };
  let next = ask();
  let space = spaces.take().subarray(0, firstBytes);
  let held = 0;
  let linger: { over: Promise<null>; stop: AbortController } | null = null;
  const take = (): Uint8Array<ArrayBuffer> => {
    linger?.stop.abort();
    linger = null;
    const piece = space.subarray(0, held);
    space = spaces.take();
    held = 0;
    return piece;
  };
  try {
    for (;;) {
      const came: IteratorResult<Uint8Array> | null = await orAborted(
        linger === null ? next : Promise.race([next, linger.over]),
        signal,
      );
      if (came === null) {
        yield take();
        continue;
      }
      if (came.done === true) break;
      for (let from = 0; from < came.value.length; ) {
        const part = came.value.subarray(from, from + space.length - held);
        space.set(part, held);
        held += part.length;
        from += part.length;
        if (held === space.length) yield take();
      }
      next = ask();
      if (held > 0 && linger === null) {
        const stop = new AbortController();
        linger = { over: sleep(LINGER_MS, stop.signal).then(() => null), stop };
      }
    }
    if (held > 0) yield take();
  } finally {
    linger?.stop.abort();
    // Not awaited: a source that is asked for its next chunk ends only when that came.
    chunks.return?.().catch(() => {});
  }
}
