import type { InstanceType, RateRow } from '../offer.ts';
import { hourOfMonth, meaningsOf, type Sku, type SkuMeaning, unitPrice } from './gcp-skus.ts';
import { gcpFamily } from './gcp-types.ts';

/** What a shared-core machine of e2 is billed for: a share of one vCPU (cloud.google.com/compute/vm-instance-pricing). */
const SHARED_VCPUS: Record<string, number> = { 'e2-micro': 0.25, 'e2-small': 0.5, 'e2-medium': 1 };

/** Machines that are billed under another name than the first word of their own. */
const FAMILIES: readonly [string, string][] = [
  ['a3-megagpu-', 'a3plus'],
  ['a3-ultragpu-', 'a3ultra'],
  ['m4-ultramem-224', 'm4ultramem224'],
];

/** Families whose SKUs are for the whole GPU: cores and memory come with it. */
const GPU_ONLY = new Set(['a4', 'a4x']);

export interface PriceBook {
  add(sku: Sku): void;
  /** USD an hour; null where a part of the machine has no SKU in the region. */
  price(type: InstanceType, region: string, spot: boolean): number | null;
  rates(): RateRow[];
}

const nameOf = (meaning: SkuMeaning): string => {
  switch (meaning.part) {
    case 'core':
    case 'ram':
      return `${meaning.isPremium ? 'premium ' : ''}${meaning.part} ${meaning.family} ${meaning.spot}`;
    case 'gpu':
      return `gpu ${meaning.gpu} ${meaning.spot}`;
    case 'ssd':
      return `ssd ${meaning.spot}`;
    case 'rate':
      return `rate ${meaning.name}`;
  }
};

/** The sum of what is known; null as soon as one is not. */
const sum = (terms: readonly (number | null)[]): number | null =>
  terms.reduce((total, term) => (total === null || term === null ? null : total + term), 0);

/**
 * Prices of machines from SKUs: vCPU × core SKU + GiB × RAM SKU of the family, plus GPU and local SSD
 * SKUs. Of two SKUs for the same thing the dearer one counts: a region's own beats a continent's.
 */
export const createPriceBook = (): PriceBook => {
  const units = new Map<string, number>();
  const rates: RateRow[] = [];
  const find = (region: string, name: string): number | null =>
    units.get(`${region} ${name}`) ?? null;

  const unit = (part: 'core' | 'ram', family: string, region: string, spot: boolean) => {
    const base = find(region, `${part} ${family} ${spot}`);
    const premium = find(region, `premium ${part} ${family} ${spot}`) ?? 0;
    return base === null ? null : base + premium;
  };

  const machine = (type: InstanceType, region: string, spot: boolean): number | null => {
    const family =
      FAMILIES.find(([prefix]) => type.name.startsWith(prefix))?.[1] ?? gcpFamily(type.name);
    if (GPU_ONLY.has(family)) return 0;
    const times = (count: number, usd: number | null) => (usd === null ? null : count * usd);
    return sum([
      times(SHARED_VCPUS[type.name] ?? type.vcpus, unit('core', family, region, spot)),
      times(type.memoryGib, unit('ram', family, region, spot)),
    ]);
  };

  return {
    add: (sku) => {
      const usd = unitPrice(sku);
      if (usd === null || usd <= 0) return;
      for (const meaning of meaningsOf(sku)) {
        for (const region of sku.serviceRegions) {
          if (meaning.part === 'rate') {
            rates.push({
              cloud: 'gcp',
              region: region === 'global' ? '' : region,
              name: meaning.name,
              usd,
            });
            continue;
          }
          const key = `${region} ${nameOf(meaning)}`;
          units.set(key, Math.max(usd, units.get(key) ?? 0));
        }
      }
    },
    price: (type, region, spot) => {
      const gpu = type.gpuCount > 0 ? find(region, `gpu ${type.gpuName} ${spot}`) : 0;
      const ssd = type.localDiskGb > 0 ? find(region, `ssd ${spot}`) : 0;
      return sum([
        machine(type, region, spot),
        gpu === null ? null : gpu * type.gpuCount,
        ssd === null ? null : hourOfMonth(ssd) * type.localDiskGb,
      ]);
    },
    rates: () => rates,
  };
};
