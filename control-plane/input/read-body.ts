import { concat } from '../../protocol/bytes.ts';
import { PxError } from '../../protocol/errors.ts';

/** A whole body in memory. Throws `too_large` as soon as it passes `max` bytes. */
export const readBody = async (
  body: ReadableStream<Uint8Array> | null,
  max: number,
): Promise<Uint8Array> => {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body ?? []) {
    length += part.length;
    if (length > max) {
      throw new PxError('too_large', `The body is longer than ${max} bytes.`);
    }
    parts.push(part);
  }
  return concat(parts);
};
