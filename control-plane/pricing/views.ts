import type {
  OfferView,
  PassedOver,
  PassedReason,
  RankedOffer,
} from '../../protocol/messages/pricing.ts';
import { at } from './catalog.ts';
import type { Market } from './market.ts';
import type { InstanceType, Place } from './offer.ts';
import type { Placed } from './order.ts';
import { HOURS_PER_MONTH } from './rates.ts';
import type { Requirements } from './requirements.ts';
import type { Passed } from './select.ts';

const orNull = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;

/** A row of the catalog with every column that it was imported with. */
const viewOffer = ({ catalog }: Market, index: number): OfferView => {
  const type = at(catalog.types, catalog.type[index] ?? 0);
  const place = at(catalog.places, catalog.place[index] ?? 0);
  const origin = at(catalog.origins, catalog.origin[index] ?? 0);
  return {
    cloud: place.cloud,
    region: place.region,
    zone: place.zone,
    instance_type: type.name,
    vcpus: type.vcpus,
    memory_gib: type.memoryGib,
    arch: type.arch,
    burstable: type.burstable,
    bare_metal: type.bareMetal,
    gpu_name: type.gpuName,
    gpu_count: type.gpuCount,
    prev_gen: type.prevGen,
    price: orNull(catalog.price[index]),
    spot_price: orNull(catalog.spot[index]),
    as_of: origin.asOf,
    source: origin.source,
    local_disk_gb: type.localDiskGb,
    spot_as_of: origin.spotAsOf || null,
    interruption: catalog.interruptions[catalog.interruption[index] ?? 0] || null,
    catalog: at(catalog.sources, catalog.source[index] ?? 0).name,
  };
};

/** The same with what it costs. */
export const viewRanked = (
  market: Market,
  wanted: Requirements,
  { index, spot }: Placed,
): RankedOffer => {
  const offer = viewOffer(market, index);
  const rates = market.rates(offer.cloud, offer.region);
  const compute = spot ? offer.spot_price : offer.price;
  // What is left out costs nothing here, so that the parts are the total.
  const beside = wanted.computeOnly ? 0 : 1;
  const disk = (beside * rates.disk_gb_month * wanted.diskGb) / HOURS_PER_MONTH;
  const address = beside * (spot ? rates.address_spot_hour : rates.address_hour);
  if (compute === null) {
    return { ...offer, spot, compute: null, disk: null, address: null, total: null, cost: null };
  }
  const total = compute + disk + address;
  return {
    ...offer,
    spot,
    compute,
    disk,
    address,
    total,
    cost: total * wanted.nodes * wanted.hours,
  };
};

const WHY: Record<
  PassedReason,
  (type: InstanceType, place: Place, wanted: Requirements) => string
> = {
  cpus: (type, _, wanted) => `has ${type.vcpus} vCPUs of ${wanted.cpus}`,
  memory: (type, _, wanted) => `has ${type.memoryGib} GiB of ${wanted.memoryGib}`,
  gpu: (type) => (type.gpuCount > 0 ? `has a GPU (${type.gpuName})` : 'has no such GPU'),
  disk: (type, _, wanted) => `its disk has ${type.localDiskGb} GB of ${wanted.diskGbMin}`,
  disk_unknown: () => 'comes with a disk, and its list does not say how large',
  arch: (type) => `is ${type.arch}`,
  instance_type: () => 'is another type',
  bare_metal: () => 'is bare metal',
  burstable: () => 'is burstable or shared-core',
  previous_generation: () => 'is of a previous generation',
  provider: (_, place) => `is of ${place.cloud}`,
  region: (_, place) => `is in ${place.region}`,
  account_region: (_, place) => `is in ${place.region}, which the account does not have`,
  zone: (_, place) => `is in ${place.zone}`,
  no_price: () => 'has no price',
  price_not_positive: () => 'its price is zero or less',
  price_slip: () => "its price is under a quarter of the type's median: a slip of its list",
  no_spot_price: () => 'has no spot price',
  spot_not_positive: () => 'its spot price is zero or less',
  spot_above_on_demand: () => 'its spot price is above its own on-demand price',
  spot_too_low: () => 'its spot price is under 3 % of its own on-demand price',
};

/** An offer that was passed over, with the reason in words. */
export const viewPassed = (market: Market, wanted: Requirements, passed: Passed): PassedOver => {
  const { catalog } = market;
  const type = at(catalog.types, catalog.type[passed.index] ?? 0);
  const place = at(catalog.places, catalog.place[passed.index] ?? 0);
  const { reason } = passed;
  return { ...viewRanked(market, wanted, passed), reason, why: WHY[reason](type, place, wanted) };
};
