import { got, PxError } from '../../protocol/errors.ts';

/** Items of a page where the caller names no number. */
export const PAGE_ITEMS = 100;

/** The number in a cursor of a list; `start` without one. Throws `bad_request`. */
export const readCursor = <T>(cursor: string | undefined, start: T): number | T => {
  if (cursor === undefined) return start;
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new PxError('bad_request', `Expected a cursor of this list, got ${got(cursor)}.`);
};

/** One page: `limit` items of the `limit + 1` that were asked for, and where the next page begins. */
export const pageOfRows = <Row, Item>(
  rows: readonly Row[],
  limit: number,
  view: (row: Row) => Item,
  cursorOf: (row: Row) => number,
): { items: Item[]; next: string | null } => {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next = rows.length > limit && last !== undefined ? String(cursorOf(last)) : null;
  return { items: page.map(view), next };
};
