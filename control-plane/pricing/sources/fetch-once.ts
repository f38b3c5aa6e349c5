import type { Clock } from '../../clock.ts';
import { shorten, sourceFailed, sourceRefused, wordsOf } from './failure.ts';

const STALL_MS = 60_000;
/** What another account may cure. */
const REFUSED = new Set([401, 403]);
/** What a later try may cure: too many requests, a timeout, the server's own trouble. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

export interface Fetching {
  fetch: typeof fetch;
  clock: Clock;
  signal: AbortSignal;
  stallMs?: number;
}

/** A failure that a later try may cure, and when the server wants to be asked again. */
export class PassingFailure extends Error {
  override readonly name = 'PassingFailure';
  readonly retryAfterMs: number | null;

  constructor(message: string, retryAfterMs: number | null, cause?: unknown) {
    super(message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

interface Answer {
  status: number;
  etag: string | null;
  /** Throws PassingFailure where the stream is cut or stalls. */
  body: AsyncIterable<Uint8Array>;
}

/** Aborts a request from which nothing has come for a while. */
const createWatch = ({ clock, signal, stallMs = STALL_MS }: Fetching) => {
  const request = new AbortController();
  const over = new AbortController();
  const stop = (): void => request.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  let signs = 0;
  const watch = async (): Promise<void> => {
    for (let seen = -1; seen !== signs && !over.signal.aborted; ) {
      seen = signs;
      await clock.sleep(stallMs, over.signal);
    }
    if (!over.signal.aborted) request.abort(new Error(`nothing came for ${stallMs / 1000} s`));
  };
  void watch();
  return {
    signal: request.signal,
    alive: (): void => {
      signs++;
    },
    end: (): void => {
      over.abort();
      signal.removeEventListener('abort', stop);
    },
  };
};

/** Retry-After in seconds; its other form, a date, is not worth a calendar. */
const retryAfter = (headers: Headers): number | null => {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
};

const checkStatus = async (response: Response, host: string): Promise<void> => {
  if (response.ok) return;
  const words = shorten(await response.text().catch(() => ''));
  const what = `it answered ${response.status}${words === '' ? '' : ` (${words})`}`;
  if (PASSING.has(response.status)) throw new PassingFailure(what, retryAfter(response.headers));
  throw REFUSED.has(response.status) ? sourceRefused(host, what) : sourceFailed(host, what);
};

const checkType = async (response: Response, host: string, types: RegExp): Promise<void> => {
  const type = response.headers.get('content-type') ?? '';
  if (type === '' || types.test(type)) return;
  await response.body?.cancel();
  throw sourceFailed(host, `it sent ${shorten(type)} where a price list was expected`);
};

async function* readBody(
  response: Response,
  watch: ReturnType<typeof createWatch>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const expected = Number(response.headers.get('content-length') ?? Number.NaN);
  const isPlain = (response.headers.get('content-encoding') ?? 'identity') === 'identity';
  let length = 0;
  try {
    for await (const piece of response.body ?? []) {
      watch.alive();
      length += piece.length;
      yield piece;
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw new PassingFailure(`the connection was cut (${wordsOf(cause)})`, null, cause);
  } finally {
    watch.end();
  }
  if (isPlain && length < expected) throw new PassingFailure('the connection was cut', null);
}

/** One request. Throws PassingFailure where a later try may help, PxError where not. */
export const fetchOnce = async (
  fetching: Fetching,
  url: string,
  headers: Record<string, string>,
  types: RegExp,
): Promise<Answer> => {
  const { host } = new URL(url);
  const watch = createWatch(fetching);
  try {
    const response = await fetching
      .fetch(url, { headers, signal: watch.signal })
      .catch((cause: unknown) => {
        fetching.signal.throwIfAborted();
        throw new PassingFailure(`it does not answer (${wordsOf(cause)})`, null, cause);
      });
    watch.alive();
    await checkStatus(response, host);
    await checkType(response, host, types);
    const body = readBody(response, watch, fetching.signal);
    return { status: response.status, etag: response.headers.get('etag'), body };
  } catch (cause) {
    watch.end();
    throw cause;
  }
};
