import { concat } from '../../protocol/bytes.ts';

/**
 * The line of a share that has one and is here as a whole; null of all others. Many short invocations have
 * such a share: going through it piece by piece would leave 4 KiB of garbage for each.
 */
export const onlyLine = (
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  separator: '\n' | '\0',
): Uint8Array | null => {
  if (!Array.isArray(pieces)) return null;
  const [piece, ...more]: readonly Uint8Array[] = pieces;
  if (piece === undefined || piece.length === 0 || more.length > 0) return null;
  const end = piece.indexOf(separator.charCodeAt(0));
  if (end === -1) return piece;
  return end === piece.length - 1 ? piece.subarray(0, end) : null;
};

/**
 * Cuts bytes at a separator as they come; a last line without one counts. Lines are kept by their taker, and
 * a piece need not outlive the next one.
 */
export async function* splitLines(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  separator: '\n' | '\0',
): AsyncGenerator<Uint8Array, void, void> {
  const mark = separator.charCodeAt(0);
  let held: Uint8Array[] = [];
  for await (const shared of pieces) {
    const piece = new Uint8Array(shared);
    let from = 0;
    for (let at = piece.indexOf(mark); at !== -1; at = piece.indexOf(mark, from)) {
      const tail = piece.subarray(from, at);
      yield held.length === 0 ? tail : concat([...held, tail]);
      held = [];
      from = at + 1;
    }
    if (from < piece.length) held.push(piece.subarray(from));
  }
  if (held.length > 0) yield concat(held);
}
