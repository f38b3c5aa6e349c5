import type { PassedReason } from '../../protocol/messages/pricing.ts';
import type { Catalog } from './catalog.ts';
import { numbered } from './numbered.ts';
import { reasonCode } from './reasons.ts';

/** A price under this share of its type's median is a publisher's slip, not a bargain. */
const SLIP_SHARE = 0.25;
/** A median over fewer regions says little. */
const SLIP_REGIONS_MIN = 5;
/** Spot is rightly 60 to 91 % off; 97 % is not a discount but a mistake. */
const SPOT_SHARE_MIN = 0.03;

/** What the prices themselves say against each offer, as reason codes; 0 where they are fine. */
export interface Guards {
  /** Against the on-demand price: such an offer is held back in both modes. */
  price: Uint8Array;
  /** Against the spot price alone. */
  spot: Uint8Array;
}

const median = (sorted: readonly number[]): number => {
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? high) + high) / 2;
};

/** By type (a number for cloud and name): the median over regions of the lowest price in each. */
const mediansByType = (catalog: Catalog, typeNumbers: Uint32Array): Map<number, number> => {
  const regionNumbers = numbered(catalog.places, ({ cloud, region }) => `${cloud}\n${region}`);
  const regions = catalog.places.length + 1;
  const lowest = new Map<number, number>();
  for (let index = 0; index < catalog.size; index++) {
    const price = catalog.price[index] ?? Number.NaN;
    if (!(price > 0)) continue;
    const type = typeNumbers[catalog.type[index] ?? 0] ?? 0;
    const key = type * regions + (regionNumbers[catalog.place[index] ?? 0] ?? 0);
    const known = lowest.get(key);
    if (known === undefined || price < known) lowest.set(key, price);
  }
  const prices = new Map<number, number[]>();
  for (const [key, price] of lowest) {
    const type = Math.floor(key / regions);
    const own = prices.get(type);
    if (own === undefined) prices.set(type, [price]);
    else own.push(price);
  }
  const medians = new Map<number, number>();
  for (const [type, own] of prices) {
    if (own.length >= SLIP_REGIONS_MIN) medians.set(type, median(own.sort((a, b) => a - b)));
  }
  return medians;
};

const againstPrice = (price: number, typeMedian: number | undefined): PassedReason | null => {
  if (Number.isNaN(price)) return 'no_price';
  if (price <= 0) return 'price_not_positive';
  if (typeMedian !== undefined && price < typeMedian * SLIP_SHARE) return 'price_slip';
  return null;
};

const againstSpot = (spot: number, price: number): PassedReason | null => {
  if (Number.isNaN(spot)) return 'no_spot_price';
  if (spot <= 0) return 'spot_not_positive';
  if (spot > price) return 'spot_above_on_demand';
  if (spot < price * SPOT_SHARE_MIN) return 'spot_too_low';
  return null;
};

/** Looks at every price once. */
export const inspectPrices = (catalog: Catalog): Guards => {
  const typeNumbers = numbered(catalog.types, ({ cloud, name }) => `${cloud}\n${name}`);
  const medians = mediansByType(catalog, typeNumbers);
  const byType = Array.from(typeNumbers, (number) => medians.get(number));
  const guards = { price: new Uint8Array(catalog.size), spot: new Uint8Array(catalog.size) };
  for (let index = 0; index < catalog.size; index++) {
    const onDemand = catalog.price[index] ?? Number.NaN;
    const spot = catalog.spot[index] ?? Number.NaN;
    guards.price[index] = reasonCode(againstPrice(onDemand, byType[catalog.type[index] ?? 0]));
    guards.spot[index] = reasonCode(againstSpot(spot, onDemand));
  }
  return guards;
};
