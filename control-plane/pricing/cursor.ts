import * as z from 'zod';
import { PxError } from '../../protocol/errors.ts';
import type { Position } from './order.ts';

const PositionSchema = z.object({
  key: z.number(),
  total: z.number(),
  type: z.string(),
  region: z.string(),
  zone: z.string(),
  cloud: z.string(),
  spot: z.boolean(),
});

/** Opaque to clients. */
export const encodeCursor = (position: Position): string =>
  Buffer.from(JSON.stringify(position)).toString('base64url');

/** Throws `bad_request` where it is no cursor of ours. */
export const decodeCursor = (cursor: string): Position => {
  try {
    return PositionSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new PxError('bad_request', 'The cursor is damaged.', {
      cause,
      hint: 'Start again without it.',
    });
  }
};
