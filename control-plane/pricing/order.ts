import { at } from './catalog.ts';
import type { Market } from './market.ts';

/** A row of the catalog at one of its two prices. */
export interface Placed {
  index: number;
  spot: boolean;
  /** USD an hour and node. */
  total: number;
  /** What it is sorted by. */
  key: number;
}

/** A place in a ranking that outlives the catalog it was made from: what a cursor holds. */
export interface Position {
  key: number;
  total: number;
  type: string;
  region: string;
  zone: string;
  cloud: string;
  spot: boolean;
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The position of an entry. */
export const positionOf = ({ catalog }: Market, entry: Placed): Position => {
  const type = at(catalog.types, catalog.type[entry.index] ?? 0);
  const { cloud, region, zone } = at(catalog.places, catalog.place[entry.index] ?? 0);
  return {
    key: entry.key,
    total: entry.total,
    type: type.name,
    region,
    zone,
    cloud,
    spot: entry.spot,
  };
};

/** Compares an entry with a position, by the same order as the ranking. */
export const comparePositions = (market: Market, entry: Placed, other: Position): number => {
  const first = entry.key - other.key || entry.total - other.total;
  if (first !== 0) return first;
  const own = positionOf(market, entry);
  return (
    compareText(own.type, other.type) ||
    compareText(own.region, other.region) ||
    compareText(own.zone, other.zone) ||
    compareText(own.cloud, other.cloud) ||
    Number(own.spot) - Number(other.spot)
  );
};

/** Key, total, type, region, zone, cloud; at the same price on demand stands before spot. */
const compare = (market: Market, a: Placed, b: Placed): number => {
  const { type, place } = market.catalog;
  const { typeOrder, placeOrder } = market;
  return (
    a.key - b.key ||
    a.total - b.total ||
    (typeOrder[type[a.index] ?? 0] ?? 0) - (typeOrder[type[b.index] ?? 0] ?? 0) ||
    (placeOrder[place[a.index] ?? 0] ?? 0) - (placeOrder[place[b.index] ?? 0] ?? 0) ||
    Number(a.spot) - Number(b.spot)
  );
};

/** Room beyond the limit before the list is sorted and cut: sorting is rare, and memory bounded. */
const SLACK = 512;

/**
 * Keeps the first `limit` of everything that is added. Sorting all matches would cost tens of
 * milliseconds where a hundred thousand match; who is behind `worst` need not be added at all.
 */
export const createTop = <T extends Placed>(market: Market, limit: number) => {
  let kept: T[] = [];
  let worst = Number.POSITIVE_INFINITY;
  const cut = (): void => {
    kept.sort((a, b) => compare(market, a, b));
    if (kept.length <= limit) return;
    kept = kept.slice(0, limit);
    worst = kept.at(-1)?.key ?? Number.NEGATIVE_INFINITY;
  };
  return {
    worst: (): number => worst,
    add: (entry: T): void => {
      if (entry.key > worst) return;
      kept.push(entry);
      if (kept.length > 2 * limit + SLACK) cut();
    },
    take: (): T[] => {
      cut();
      return kept;
    },
  };
};
