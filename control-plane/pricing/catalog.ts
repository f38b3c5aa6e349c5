import type { CatalogSource, InstanceType, Origin, Place, RateRow } from './offer.ts';
import { positionsBySize } from './sort-numbers.ts';

/**
 * All offers, column by column: a hundred thousand of them are a few megabytes and a scan is about a
 * millisecond. Row `i` is `types[type[i]]` at `places[place[i]]` for `price[i]` (NaN: no price).
 */
export interface Catalog {
  types: readonly InstanceType[];
  places: readonly Place[];
  origins: readonly Origin[];
  sources: readonly CatalogSource[];
  /** Words for interruption; 0 is the empty one. */
  interruptions: readonly string[];
  size: number;
  type: Uint32Array;
  place: Uint32Array;
  origin: Uint32Array;
  source: Uint16Array;
  interruption: Uint8Array;
  price: Float64Array;
  spot: Float64Array;
  rates: readonly (RateRow & { source: number })[];
}

/** One row as it is read from the tables, by index into the lists beside it. */
export interface CatalogRow {
  type: number;
  place: number;
  origin: number;
  source: number;
  interruption: string;
  price: number | null;
  spot: number | null;
}

/** The lists that rows point into. */
export type CatalogLists = Pick<Catalog, 'types' | 'places' | 'origins' | 'sources' | 'rates'>;

/** An interruption is one of a handful of words; more than a byte counts is a bug in a source. */
const wordIndex = (words: string[], word: string): number => {
  const known = words.indexOf(word);
  return known >= 0 ? known : words.push(word) - 1;
};

/** An element that an index of the catalog's own points to. */
export const at = <T>(list: readonly T[], index: number): T => {
  const found = list[index];
  if (found === undefined) throw new Error(`Expected an index below ${list.length}, got ${index}`);
  return found;
};

/** Puts rows into columns, cheapest first: a scan that begins with the cheap ones reads memory in order. */
export const createCatalog = (lists: CatalogLists, unsorted: readonly CatalogRow[]): Catalog => {
  const prices = Float64Array.from(unsorted, ({ price }) => price ?? Number.NaN);
  const order = positionsBySize(prices);
  const rows = Array.from(order, (index) => at(unsorted, index));
  const words = [''];
  const catalog: Catalog = {
    ...lists,
    interruptions: words,
    size: rows.length,
    type: new Uint32Array(rows.length),
    place: new Uint32Array(rows.length),
    origin: new Uint32Array(rows.length),
    source: new Uint16Array(rows.length),
    interruption: new Uint8Array(rows.length),
    price: new Float64Array(rows.length),
    spot: new Float64Array(rows.length),
  };
  for (const [index, row] of rows.entries()) {
    catalog.type[index] = row.type;
    catalog.place[index] = row.place;
    catalog.origin[index] = row.origin;
    catalog.source[index] = row.source;
    catalog.interruption[index] = wordIndex(words, row.interruption);
    catalog.price[index] = row.price ?? Number.NaN;
    catalog.spot[index] = row.spot ?? Number.NaN;
  }
  return catalog;
};
