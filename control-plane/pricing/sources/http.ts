import { Readable } from 'node:stream';
import type { XmlDocument } from '@rgrove/parse-xml';
import type { z } from 'zod';
import type { Clock } from '../../clock.ts';
import { sourceFailed } from './failure.ts';
import { type Fetching, fetchOnce } from './fetch-once.ts';
import { type Retrying, withRetries } from './retry.ts';

/** The largest known, a page of 5,000 SKUs, has 12 MB. */
const JSON_MAX_BYTES = 128 << 20;

const JSON_TYPES = /json|javascript|octet-stream|text\/plain/;
const XML_TYPES = /xml/;
const CSV_TYPES = /csv|octet-stream|text\/plain|gzip/;

interface HttpOptions {
  fetch: typeof fetch;
  clock: Clock;
  /** `count` random bytes. */
  random: (count: number) => Uint8Array;
  signal: AbortSignal;
  /** First pause before a retry (1 s); doubles up to a minute. */
  retryBaseMs?: number;
  /** Tries in a row without a byte of progress (6). */
  attempts?: number;
  /** An answer that is silent for so long is dead (60 s). */
  stallMs?: number;
  onRetry?: (message: string) => void;
  onBytes?: (bytes: number) => void;
}

/** Fetches lists: retries what may pass, resumes what was cut, and says what is wrong. */
export interface Http {
  json<T>(url: string, schema: z.ZodType<T>, headers?: Record<string, string>): Promise<T>;
  xml(url: string, headers: Record<string, string>): Promise<XmlDocument>;
  /** Bytes of a CSV file; a cut is resumed where it happened. */
  csv(url: string): Readable;
}

const readAll = async (body: AsyncIterable<Uint8Array>, host: string): Promise<string> => {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body) {
    pieces.push(piece);
    length += piece.length;
    if (length > JSON_MAX_BYTES) throw sourceFailed(host, 'the answer is too long');
  }
  return Buffer.concat(pieces).toString('utf8');
};

const parseJson = <T>(text: string, schema: z.ZodType<T>, host: string): T => {
  let value: unknown;
  try {
    // spot.js wraps its JSON in a call.
    value = JSON.parse(text.replace(/^\s*callback\(([\s\S]*)\);?\s*$/, '$1'));
  } catch (cause) {
    throw sourceFailed(host, 'it is no JSON', cause);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join('.') ?? '';
  throw sourceFailed(host, `${path}: ${issue?.message ?? 'another shape than documented'}`);
};

const readXml = async (text: string, host: string): Promise<XmlDocument> => {
  const { parseXml } = await import('@rgrove/parse-xml');
  try {
    return parseXml(text);
  } catch (cause) {
    throw sourceFailed(host, 'it is no XML', cause);
  }
};

/** How far a download is, so that it can go on there. */
interface Progress {
  offset: number;
  etag: string | null;
}

/** Bytes from `progress.offset` on; servers that don't know ranges are read past what is known. */
async function* readOn(
  fetching: Fetching,
  url: string,
  progress: Progress,
): AsyncGenerator<Uint8Array> {
  const { host } = new URL(url);
  const { offset, etag } = progress;
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (offset > 0) headers.range = `bytes=${offset}-`;
  if (offset > 0 && etag !== null) headers['if-range'] = etag;
  const answer = await fetchOnce(fetching, url, headers, CSV_TYPES);
  if (offset > 0 && answer.etag !== etag) throw sourceFailed(host, 'it changed while it was read');
  progress.etag = answer.etag;
  let skip = answer.status === 206 ? 0 : offset;
  for await (const piece of answer.body) {
    const rest = piece.subarray(Math.min(skip, piece.length));
    skip -= piece.length - rest.length;
    if (rest.length === 0) continue;
    progress.offset += rest.length;
    yield rest;
  }
}

async function* resumed(
  options: HttpOptions,
  retrying: Retrying,
  url: string,
): AsyncGenerator<Uint8Array> {
  const progress: Progress = { offset: 0, etag: null };
  for (let failures = 0; ; ) {
    const before = progress.offset;
    try {
      for await (const piece of readOn(options, url, progress)) {
        options.onBytes?.(piece.length);
        yield piece;
      }
      return;
    } catch (cause) {
      failures = progress.offset > before ? 1 : failures + 1;
      await retrying.pause(cause, failures, new URL(url).host);
    }
  }
}

export const createHttp = (options: HttpOptions): Http => {
  const retrying = withRetries(options);
  const read = async (url: string, headers: Record<string, string>, types: RegExp) => {
    const { host } = new URL(url);
    const text = await retrying.run(host, async () => {
      const answer = await fetchOnce(options, url, headers, types);
      return readAll(answer.body, host);
    });
    options.onBytes?.(text.length);
    return { text, host };
  };
  return {
    json: async (url, schema, headers = {}) => {
      const { text, host } = await read(url, headers, JSON_TYPES);
      return parseJson(text, schema, host);
    },
    xml: async (url, headers) => {
      const { text, host } = await read(url, headers, XML_TYPES);
      return readXml(text, host);
    },
    csv: (url) => Readable.from(resumed(options, retrying, url), { objectMode: false }),
  };
};
