import { csvLine } from '../../protocol/csv.ts';
import { type OffersQuery, RankedOffer } from '../../protocol/messages/pricing.ts';
import { decodeCursor } from './cursor.ts';
import type { Market } from './market.ts';
import { everythingOf, requirementsOf } from './requirements.ts';
import { rank } from './select.ts';
import { viewRanked } from './views.ts';

/** Lines a piece: a stalled reader holds one piece, not the whole catalog. */
const LINES_A_PIECE = 500;

const COLUMNS = Object.keys(RankedOffer.shape) as (keyof RankedOffer)[];

/** The ranking as CSV, all of it where no limit is given. Its first columns are those of an import. */
export function* exportCsv(market: Market, query: OffersQuery): Generator<string> {
  const wanted = query.all === true ? everythingOf(query) : requirementsOf(query);
  const entries = rank(market, wanted, {
    ...(query.limit === undefined ? {} : { limit: query.limit }),
    sort: query.sort ?? 'price',
    after: query.cursor === undefined ? null : decodeCursor(query.cursor),
    unguarded: query.all === true,
  });
  yield csvLine(COLUMNS);
  for (let start = 0; start < entries.length; start += LINES_A_PIECE) {
    const piece = entries.slice(start, start + LINES_A_PIECE).map((entry) => {
      const row = viewRanked(market, wanted, entry);
      return csvLine(COLUMNS.map((column) => row[column]));
    });
    yield piece.join('');
  }
}
