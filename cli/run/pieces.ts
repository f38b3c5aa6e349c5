import { concat } from '../../protocol/bytes.ts';

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

/**
 * Gathers chunks into pieces of at most `maxBytes`; what there is goes out after LINGER_MS though
 * more may come. Throws the signal's reason when that aborts, though the source is silent.
 */
export async function* pieces(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
  sleep: Sleep,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  signal.throwIfAborted();
  const chunks = source[Symbol.asyncIterator]();
  let next = chunks.next();
  // Awaited below; until then a failure must not count as unhandled.
  next.catch(() => {});
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let linger: { over: Promise<null>; stop: AbortController } | null = null;
  const take = (): Uint8Array<ArrayBuffer> => {
    linger?.stop.abort();
    linger = null;
    const piece = concat(held);
    held = [];
    heldBytes = 0;
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
      next = chunks.next();
      next.catch(() => {});
      for (let from = 0; from < came.value.length; ) {
        const part = came.value.subarray(from, from + maxBytes - heldBytes);
        held.push(part);
        heldBytes += part.length;
        from += part.length;
        if (heldBytes === maxBytes) yield take();
      }
      if (heldBytes > 0 && linger === null) {
        const stop = new AbortController();
        linger = { over: sleep(LINGER_MS, stop.signal).then(() => null), stop };
      }
    }
    if (heldBytes > 0) yield take();
  } finally {
    linger?.stop.abort();
    // Not awaited: a source that is asked for its next chunk ends only when that came.
    chunks.return?.().catch(() => {});
  }
}
