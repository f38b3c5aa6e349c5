import { placeMisfit, typeMisfit } from './fit.ts';
import type { Market } from './market.ts';
import { HOURS_PER_MONTH } from './rates.ts';
import { reasonCode } from './reasons.ts';
import type { Requirements } from './requirements.ts';

/** Boot disk and address, USD an hour and node, by place. */
interface Beside {
  disk: Float64Array;
  address: Float64Array;
  addressSpot: Float64Array;
}

const pricesBeside = ({ catalog, rates }: Market, wanted: Requirements): Beside => {
  const places = catalog.places.map(({ cloud, region }) => rates(cloud, region));
  return {
    disk: Float64Array.from(places, (r) => (r.disk_gb_month * wanted.diskGb) / HOURS_PER_MONTH),
    address: Float64Array.from(places, (r) => r.address_hour),
    addressSpot: Float64Array.from(places, (r) => r.address_spot_hour),
  };
};

/** An offer at one of its prices. `reason` is a code, 0 where it satisfies the requirements. */
export type Visit = (index: number, spot: boolean, reason: number, total: number) => void;

const MODES = { 'on-demand': [false], spot: [true], prefer: [false, true] } as const;

/** Total of what stands beside the machine, by place. */
const sums = (beside: Beside, spot: boolean, computeOnly: boolean): Float64Array =>
  beside.disk.map((disk, place) => {
    if (computeOnly) return 0;
    return disk + ((spot ? beside.addressSpot[place] : beside.address[place]) ?? 0);
  });

const NONE = new Uint8Array(0);

/** A call for every row would cost as much as the rest of its judgement. */
const BOUND_EVERY_ROWS = 64;

interface ScanOptions {
  /** Rows whose price alone is above this are of no use any more; it may fall, and is asked now and then. */
  bound?: () => number;
  /** Also rows with prices that are never ranked. */
  unguarded?: boolean;
  /** Also rows without a price, for which that is a reason. */
  priceless?: boolean;
}

const noBound = (): number => Number.POSITIVE_INFINITY;

/**
 * Judges offers from the cheapest up, at each price that the requirements let count. Types and places
 * are judged once, so that a row costs a few lookups. Rows without a price come last and are left out
 * unless asked for; disk and address only add to a price, so that a
 * caller who has found cheap ones bounds the rest away.
 */
export const scan = (
  market: Market,
  wanted: Requirements,
  visit: Visit,
  { bound = noBound, unguarded = false, priceless = unguarded }: ScanOptions = {},
): void => {
  const { catalog } = market;
  const guards = unguarded ? { price: NONE, spot: NONE } : market.guards;
  const beside = pricesBeside(market, wanted);
  const ofType = Uint8Array.from(catalog.types, (type) => reasonCode(typeMisfit(type, wanted)));
  const ofPlace = Uint8Array.from(catalog.places, (place) =>
    reasonCode(placeMisfit(place, wanted)),
  );
  for (const spot of MODES[wanted.spot]) {
    const prices = spot ? catalog.spot : catalog.price;
    const extra = sums(beside, spot, wanted.computeOnly);
    const order = spot ? market.bySpot : market.byPrice;
    let limit = bound();
    for (let at = 0; at < order.length; at++) {
      const index = order[at] ?? 0;
      const price = prices[index] ?? Number.NaN;
      if (at % BOUND_EVERY_ROWS === 0) limit = bound();
      if (price > limit || (!priceless && Number.isNaN(price))) break;
      const place = catalog.place[index] ?? 0;
      const reason =
        ofType[catalog.type[index] ?? 0] ||
        ofPlace[place] ||
        guards.price[index] ||
        (spot ? guards.spot[index] : 0) ||
        0;
      visit(index, spot, reason, price + (extra[place] ?? 0));
    }
  }
};
