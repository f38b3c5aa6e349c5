import { concat } from '../../protocol/bytes.ts';
import { PxError } from '../../protocol/errors.ts';

/** 1 MiB: more than any JSON message of the routes that name no limit of their own. */
export const DEFAULT_BODY_MAX_BYTES = 1 << 20;

const tooLarge = (max: number): PxError =>
  new PxError('too_large', `The body is longer than the ${max} bytes that this route takes.`, {
    hint: 'Send it in smaller pieces.',
    details: { maxBytes: max },
  });

/** Refuses by the announced length, before anything is read. */
export const checkLength = (headers: Headers, max: number): void => {
  const length = headers.get('content-length');
  if (length !== null && Number(length) > max) throw tooLarge(max);
};

/** The body, pulled, that errors with `too_large` where it passes `max` (a chunked one announces no length). */
const bounded = (body: ReadableStream<Uint8Array>, max: number): ReadableStream<Uint8Array> => {
  const reader = body.getReader();
  let seen = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await reader.read();
        if (done) {
          controller.close();
          return;
        }
        seen += value.length;
        if (seen > max) {
          controller.error(tooLarge(max));
          await reader.cancel();
          return;
        }
        controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // Nothing is read ahead: the sender's pace is the handler's.
    { highWaterMark: 0 },
  );
};

const emptyBody = (): ReadableStream<Uint8Array> =>
  new ReadableStream({ start: (controller) => controller.close() });

/** The body as it comes, `max` bytes at most. */
export const streamBody = (request: Request, max: number): ReadableStream<Uint8Array> =>
  bounded(request.body ?? emptyBody(), max);

/**
 * The whole body. One whose length is announced comes without a web stream, which would cost more than
 * all else of a small request.
 */
export const readBody = async (request: Request, max: number): Promise<Uint8Array> => {
  if (request.headers.has('content-length')) {
    const bytes = new Uint8Array(await request.arrayBuffer());
    if (bytes.length > max) throw tooLarge(max);
    return bytes;
  }
  const parts: Uint8Array[] = [];
  for await (const part of streamBody(request, max)) parts.push(part);
  return concat(parts);
};
