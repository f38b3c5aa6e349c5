import type { Catalog } from './catalog.ts';
import { type Guards, inspectPrices } from './guards.ts';
import type { Displaced } from './precedence.ts';
import { createRates, type Rates } from './rates.ts';
import { positionsBySize } from './sort-numbers.ts';

/** A catalog with what can be said of it before anybody asks. Immutable; made anew after a sync. */
export interface Market {
  catalog: Catalog;
  guards: Guards;
  displaced: readonly Displaced[];
  rates(cloud: string, region: string): Rates;
  /** Places of types and of locations in name order: ties are broken by comparing numbers. */
  typeOrder: Uint32Array;
  placeOrder: Uint32Array;
  /** Rows from the lowest price up, those without one last: who looks for cheap ones stops early. */
  byPrice: Uint32Array;
  bySpot: Uint32Array;
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const orderOf = <T>(items: readonly T[], compare: (a: T, b: T) => number): Uint32Array => {
  const order = new Uint32Array(items.length);
  const sorted = items
    .map((item, index) => ({ item, index }))
    .sort((a, b) => compare(a.item, b.item));
  let rank = 0;
  for (const [position, { item, index }] of sorted.entries()) {
    const before = sorted[position - 1];
    if (before !== undefined && compare(before.item, item) !== 0) rank++;
    order[index] = rank;
  }
  return order;
};

export const createMarket = (catalog: Catalog, displaced: readonly Displaced[] = []): Market => ({
  catalog,
  displaced,
  guards: inspectPrices(catalog),
  rates: createRates(catalog),
  byPrice: positionsBySize(catalog.price),
  bySpot: positionsBySize(catalog.spot),
  typeOrder: orderOf(catalog.types, (a, b) => compareText(a.name, b.name)),
  placeOrder: orderOf(
    catalog.places,
    (a, b) =>
      compareText(a.region, b.region) ||
      compareText(a.zone, b.zone) ||
      compareText(a.cloud, b.cloud),
  ),
});
