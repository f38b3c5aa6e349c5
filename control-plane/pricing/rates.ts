import { at, type Catalog } from './catalog.ts';
import type { RateName } from './offer.ts';
import { comparePrecedence } from './precedence.ts';

/** Clouds bill disks by the month of 730 hours (8,760 / 12). */
export const HOURS_PER_MONTH = 730;

/** Prices beside the machine in one region. USD. */
export interface Rates {
  /** A GB of boot disk for a month; 0 where the disk comes with the machine. */
  disk_gb_month: number;
  /** A public IPv4 address for an hour, with an on-demand and with a spot machine. */
  address_hour: number;
  address_spot_hour: number;
  /** A GB sent to the internet, first tier after the free one; NaN where nobody says. */
  egress_gb: number;
}

const NOTHING: Rates = {
  disk_gb_month: 0,
  address_hour: 0,
  address_spot_hour: 0,
  egress_gb: Number.NaN,
};

/**
 * What stands where no source has said better: the vendors' list prices of 2026-08-01 in their
 * cheapest large region. Sources: cloud.google.com/compute/disks-image-pricing (balanced disk) and
 * /vpc/network-pricing, aws.amazon.com/ebs/pricing (gp3) and /vpc/pricing, azure.microsoft.com
 * managed disks (E6, 4.80 a month for 64 GB) and ip-addresses, digitalocean.com/pricing/droplets.
 */
const LIST_RATES: Record<string, Rates> = {
  gcp: { disk_gb_month: 0.1, address_hour: 0.005, address_spot_hour: 0.0025, egress_gb: 0.12 },
  aws: { disk_gb_month: 0.08, address_hour: 0.005, address_spot_hour: 0.005, egress_gb: 0.09 },
  azure: { disk_gb_month: 0.075, address_hour: 0.005, address_spot_hour: 0.005, egress_gb: 0.087 },
  digitalocean: { ...NOTHING, egress_gb: 0.01 },
};

/** The clouds whose disks and addresses have a price: those that px has offers of. */
export const PRICED_CLOUDS: readonly string[] = Object.keys(LIST_RATES);

/** Clouds whose machines bring their boot disk: its size is part of the type. */
export const DISK_INCLUDED: ReadonlySet<string> = new Set(['digitalocean']);

/** USD a GB between two regions of one cloud, by list. */
export const CROSS_REGION_GB: Readonly<Record<string, number>> = {
  gcp: 0.02,
  aws: 0.02,
  azure: 0.02,
  digitalocean: 0.01,
};

/** Finds rates by region: a source's own word for the region, for the cloud, else the list's. */
export const createRates = (catalog: Catalog): ((cloud: string, region: string) => Rates) => {
  const said = new Map<string, number>();
  const weakestFirst = catalog.rates.toSorted((a, b) =>
    comparePrecedence(at(catalog.sources, b.source), at(catalog.sources, a.source)),
  );
  for (const { cloud, region, name, usd } of weakestFirst) {
    said.set(`${cloud}\n${region}\n${name}`, usd);
  }
  return (cloud, region) => {
    const list = LIST_RATES[cloud] ?? NOTHING;
    const rate = (name: RateName): number =>
      said.get(`${cloud}\n${region}\n${name}`) ?? said.get(`${cloud}\n\n${name}`) ?? list[name];
    return {
      disk_gb_month: rate('disk_gb_month'),
      address_hour: rate('address_hour'),
      address_spot_hour: rate('address_spot_hour'),
      egress_gb: rate('egress_gb'),
    };
  };
};
