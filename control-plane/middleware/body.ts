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

/** 256 KiB: what is longer is put together as it comes, with one copy of it in memory instead of three. */
const AT_ONCE_BYTES = 256 << 10;

/**
 * The whole body. A small one whose length is announced comes without a web stream, which would cost
 * more than all else of its request.
 */
export const readBody = async (request: Request, max: number): Promise<Uint8Array> => {
  const announced = Number(request.headers.get('content-length') ?? Number.NaN);
  if (announced <= AT_ONCE_BYTES) return new Uint8Array(await request.arrayBuffer());
  const pieces = streamBody(request, max);
  let whole = Buffer.allocUnsafeSlow(Number.isNaN(announced) ? AT_ONCE_BYTES : announced);
  let length = 0;
  for await (const piece of pieces) {
    if (length + piece.length > whole.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * whole.length, length + piece.length));
      larger.set(whole.subarray(0, length));
      whole = larger;
    }
    whole.set(piece, length);
    length += piece.length;
  }
  return whole.subarray(0, length);
};
