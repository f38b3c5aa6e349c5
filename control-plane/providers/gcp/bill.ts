import type { Bill } from '../provider.ts';
import type { Machine } from './machines.ts';
import { offerAt, type PricedPlace } from './plan.ts';

/** The place in which a machine stands that an earlier request made. */
export const placeOf = (
  places: readonly PricedPlace[],
  { zone, type, spot }: Pick<Machine, 'zone' | 'type' | 'spot'>,
): PricedPlace | undefined =>
  places.find(
    (place) =>
      place.instanceType === type &&
      place.spot === spot &&
      (place.zones.length === 0 ? zone.startsWith(`${place.region}-`) : place.zones.includes(zone)),
  );

/** What a machine costs; null where nobody planned for it. */
export const billOf = (places: readonly PricedPlace[], machine: Machine): Bill | null => {
  const place = placeOf(places, machine);
  if (place === undefined) return null;
  const { zone, createdAt, startedAt } = machine;
  return { offer: offerAt(place, zone), createdAt, startedAt };
};
