import * as z from 'zod';
import { CloudAccount, NodeOffer } from '../../../protocol/messages/clusters.ts';
import type { RankedOffer } from '../../../protocol/messages/pricing.ts';

const GIB = 2 ** 30;
/** A request for each is more than anybody waits for. */
const PLACES_MAX = 20;

/** An offer, with the zones of its region that have it at the same price. */
export const PricedPlace = z.object({
  region: z.string(),
  zones: z.array(z.string()),
  instanceType: z.string(),
  arch: z.string(),
  spot: z.boolean(),
  vcpus: z.number(),
  memoryGib: z.number(),
  /** USD an hour. */
  machine: z.number(),
  disk: z.number(),
  address: z.number(),
});
export type PricedPlace = z.infer<typeof PricedPlace>;

/** What is written down of a node before its machine is made. */
export const GcpPlan = z.object({
  account: CloudAccount,
  /** The first of the places, for people. */
  offer: NodeOffer,
  /** The failover order. */
  places: z.array(PricedPlace).min(1),
  network: z.string(),
  external: z.boolean(),
  /** The network is not there, and the caller wants it made. */
  createNetwork: z.boolean().default(false),
  diskGb: z.number(),
});
export type GcpPlan = z.infer<typeof GcpPlan>;

const keyOf = (offer: RankedOffer): string =>
  JSON.stringify([offer.region, offer.instance_type, offer.spot, offer.total]);

/**
 * The ranked offers as the cloud is asked for them: one request finds any zone of a region, so that
 * zones at one price are one place.
 */
export const placesOf = (offers: readonly RankedOffer[]): PricedPlace[] => {
  const places = new Map<string, PricedPlace>();
  for (const offer of offers) {
    const key = keyOf(offer);
    const known = places.get(key);
    if (known !== undefined && offer.zone !== '') known.zones.push(offer.zone);
    if (known !== undefined || places.size >= PLACES_MAX) continue;
    places.set(key, {
      ...{ region: offer.region, zones: offer.zone === '' ? [] : [offer.zone] },
      ...{ instanceType: offer.instance_type, arch: offer.arch, spot: offer.spot },
      ...{ vcpus: offer.vcpus, memoryGib: offer.memory_gib },
      machine: offer.compute ?? 0,
      disk: offer.disk ?? 0,
      address: offer.address ?? 0,
    });
  }
  return [...places.values()];
};

/** The place as people see it, once a machine is there with its zone. */
export const offerAt = (place: PricedPlace, zone: string): NodeOffer => ({
  ...{ instanceType: place.instanceType, region: place.region, zone, arch: place.arch },
  ...{ spot: place.spot, vcpus: place.vcpus, memoryGib: place.memoryGib },
  usdPerHour: { machine: place.machine, disk: place.disk, address: place.address },
});

/** Bytes as the cloud counts disks. */
export const toGb = (bytes: number): number => Math.ceil(bytes / GIB);
