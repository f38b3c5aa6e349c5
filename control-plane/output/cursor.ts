import { got, PxError } from '../../protocol/errors.ts';

/** Where a reader is. Its text is the opaque cursor of the API. */
export interface Position {
  /** Every row of the log up to this one is dealt with. */
  log: number;
  /** With `order`: the next partition whose output is due. */
  partition: number;
  /** Log cursor of the last chunk that was sent of the partition that is being sent; 0 = none. */
  chunk: number;
}

const CURSOR = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})$/;

export const START: Position = { log: 0, partition: 0, chunk: 0 };

/** Writes a position. */
export const formatCursor = ({ log, partition, chunk }: Position): string =>
  `${log}.${partition}.${chunk}`;

/** Reads a cursor back; throws `bad_request` for anything that no output stream gave. */
export const parseCursor = (cursor: string): Position => {
  const match = CURSOR.exec(cursor);
  if (match === null) {
    throw new PxError('bad_request', `Expected a cursor of an output stream, got ${got(cursor)}.`, {
      hint: 'Use the `cursor` of the last frame that you received.',
    });
  }
  return { log: Number(match[1]), partition: Number(match[2]), chunk: Number(match[3]) };
};
