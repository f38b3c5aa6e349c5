import type { PassedReason, PricingSort } from '../../protocol/messages/pricing.ts';
import { at } from './catalog.ts';
import type { Market } from './market.ts';
import { comparePositions, createTop, type Placed, type Position } from './order.ts';
import { reasonCode, reasonOf } from './reasons.ts';
import type { Requirements } from './requirements.ts';
import { scan, type Visit } from './scan.ts';

/** An entry that would have been cheaper, and why it is not in the ranking. */
export interface Passed extends Placed {
  reason: PassedReason;
}

interface RankOptions {
  /** At most so many entries (no limit). */
  limit?: number;
  sort?: PricingSort;
  /** Only entries behind this position. */
  after?: Position | null;
  /** Also rows whose price is none, or held back; those without a price come last. */
  unguarded?: boolean;
}

/** Behind every number, and unlike infinity it survives a cursor's JSON. */
const LAST = Number.MAX_VALUE;

/** The number that entries are sorted by, before total, type, region and zone. */
const sortKey = (
  { catalog, typeOrder }: Market,
  sort: PricingSort,
  index: number,
  total: number,
): number => {
  if (sort === 'price') return total;
  const type = at(catalog.types, catalog.type[index] ?? 0);
  switch (sort) {
    case 'spot':
      return catalog.spot[index] || LAST;
    case 'cpus':
      return type.vcpus;
    case 'memory':
      return type.memoryGib;
    case 'core':
      return type.vcpus > 0 ? total / type.vcpus : LAST;
    case 'type':
      return typeOrder[catalog.type[index] ?? 0] ?? 0;
  }
};

/** Where a type's name stands among the types of this catalog; between two of them if it is none. */
const typeKey = ({ catalog, typeOrder }: Market, name: string): number => {
  let key = -1;
  for (const [index, type] of catalog.types.entries()) {
    if (type.name === name) return typeOrder[index] ?? 0;
    if (type.name < name) key = Math.max(key, typeOrder[index] ?? 0);
  }
  return key + 0.5;
};

/** A position in this catalog: where types stand by number, it was another number in an older one. */
const placedIn = (market: Market, sort: PricingSort, position: Position): Position =>
  sort === 'type' ? { ...position, key: typeKey(market, position.type) } : position;

/**
 * Offers that satisfy the requirements, cheapest first; ties by type, region, zone: the winner, then
 * whom to turn to when it is sold out. A pure function of its arguments: the order of rows in the
 * catalog does not matter.
 */
export const rank = (
  market: Market,
  wanted: Requirements,
  options: RankOptions = {},
): readonly Placed[] => {
  const { sort = 'price', unguarded = false } = options;
  const after = options.after ? placedIn(market, sort, options.after) : null;
  const top = createTop(market, options.limit ?? Number.POSITIVE_INFINITY);
  const visit: Visit = (index, spot, reason, sum) => {
    if (reason !== 0) return;
    const total = Number.isNaN(sum) ? LAST : sum;
    const key = sortKey(market, sort, index, total);
    if (key > top.worst()) return;
    const entry = { index, spot, total, key };
    if (after && comparePositions(market, entry, after) <= 0) return;
    top.add(entry);
  };
  scan(market, wanted, visit, { unguarded, ...(sort === 'price' ? { bound: top.worst } : {}) });
  return top.take();
};

/** The cheapest entry of each cloud, cheapest first: the first one is the winner. */
export const bestOfEachCloud = (market: Market, wanted: Requirements): readonly Placed[] => {
  const { catalog } = market;
  const clouds = [...new Set(catalog.places.map(({ cloud }) => cloud))];
  const tops = clouds.map(() => createTop(market, 1));
  const ofPlace = Uint32Array.from(catalog.places, ({ cloud }) => clouds.indexOf(cloud));
  const lowest = new Float64Array(clouds.length).fill(Number.POSITIVE_INFINITY);
  let bound = Number.POSITIVE_INFINITY;
  const visit: Visit = (index, spot, reason, total) => {
    const cloud = ofPlace[catalog.place[index] ?? 0] ?? 0;
    if (reason !== 0 || total > (lowest[cloud] ?? 0)) return;
    tops[cloud]?.add({ index, spot, total, key: total });
    lowest[cloud] = total;
    bound = Math.max(...lowest);
  };
  scan(market, wanted, visit, { bound: () => bound });
  const all = createTop(market, clouds.length);
  for (const top of tops) for (const entry of top.take()) all.add(entry);
  return all.take();
};

/** Reasons that say no more than "smaller" or "something else"; they are counted, not listed. */
const TRIVIAL: ReadonlySet<number> = new Set(
  (['instance_type', 'cpus', 'memory', 'gpu', 'disk'] as const).map(reasonCode),
);

/**
 * Offers that are cheaper than `total` and not in the ranking, each with its first reason: all of them
 * counted, and the cheapest `limit` of those that are big enough.
 */
export const passedOver = (
  market: Market,
  wanted: Requirements,
  total: number,
  limit: number,
): { counts: Partial<Record<PassedReason, number>>; offers: readonly Passed[] } => {
  const counts: Partial<Record<PassedReason, number>> = {};
  const top = createTop<Passed>(market, limit);
  // Where nothing fits, having no price is a reason, too.
  const priceless = total === Number.POSITIVE_INFINITY;
  const visit: Visit = (index, spot, code, own) => {
    if (code === 0 || !(own < total || priceless)) return;
    const reason = reasonOf(code);
    if (reason === null) return;
    counts[reason] = (counts[reason] ?? 0) + 1;
    if (!TRIVIAL.has(code) && !Number.isNaN(own))
      top.add({ index, spot, total: own, key: own, reason });
  };
  scan(market, wanted, visit, { bound: () => total, priceless });
  return { counts, offers: top.take() };
};
