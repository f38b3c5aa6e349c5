import * as z from 'zod';
import type { RateName } from '../offer.ts';
import { HOURS_PER_MONTH } from '../rates.ts';

/** The parts of a SKU of cloudbilling.googleapis.com/v1 that a price needs. */
export const Sku = z.object({
  description: z.string(),
  category: z.object({
    resourceFamily: z.string().optional(),
    resourceGroup: z.string().optional(),
    usageType: z.string().optional(),
  }),
  serviceRegions: z.array(z.string()).default([]),
  pricingInfo: z
    .array(
      z.object({
        pricingExpression: z.object({
          usageUnit: z.string().default('h'),
          tieredRates: z
            .array(
              z.object({
                unitPrice: z.object({
                  units: z.string().default('0'),
                  nanos: z.number().default(0),
                }),
              }),
            )
            .default([]),
        }),
      }),
    )
    .default([]),
});
export type Sku = z.infer<typeof Sku>;

/** What a SKU prices: a unit of some family's machines, or something beside them. */
export type SkuMeaning =
  | { part: 'core' | 'ram'; family: string; spot: boolean; isPremium: boolean }
  | { part: 'gpu'; gpu: string; spot: boolean }
  | { part: 'ssd'; spot: boolean }
  | { part: 'rate'; name: RateName };

// What is no pay-as-you-go price of a predefined machine: custom shapes, commitments, reservations,
// sole tenants, capacity sold in advance, and what a suspended machine costs.
const OTHER_DEALS =
  /Custom|Commitment|Committed|Reserved|Reservation|Sole Tenancy|Extended|DWS|Defined Duration|Calendar Mode|Capacity Optimized|Suspend|Upgrade Premium for Sole/i;

/** Words of a description, and the machine family that they bill. */
const WORDY_FAMILIES: Record<string, readonly string[]> = {
  'compute optimized': ['c2'],
  'memory-optimized': ['m1', 'm2'],
};

/** Words of a description, and the accelerator type of the Compute API. */
const GPUS: Record<string, string> = {
  'Nvidia L4 GPU': 'nvidia-l4',
  'Nvidia Tesla T4 GPU': 'nvidia-tesla-t4',
  'Nvidia Tesla P4 GPU': 'nvidia-tesla-p4',
  'Nvidia Tesla P100 GPU': 'nvidia-tesla-p100',
  'Nvidia Tesla V100 GPU': 'nvidia-tesla-v100',
  'Nvidia Tesla A100 GPU': 'nvidia-tesla-a100',
  'Nvidia Tesla A100 80GB GPU': 'nvidia-a100-80gb',
  'Nvidia H100 80GB GPU': 'nvidia-h100-80gb',
  'Nvidia H100 80GB Mega GPU': 'nvidia-h100-mega-80gb',
  'Nvidia H100 Mega 80GB GPU': 'nvidia-h100-mega-80gb',
  'H200 141GB GPU': 'nvidia-h200-141gb',
  'A4 Nvidia B200 (1 gpu slice)': 'nvidia-b200',
  'RTX 6000 96GB': 'nvidia-rtx-pro-6000',
};

const RATES: readonly [RegExp, RateName][] = [
  [/^Balanced PD Capacity( in .*)?$/, 'disk_gb_month'],
  [/^External IP Charge on a Standard VM$/, 'address_hour'],
  [/^External IP Charge on a Spot Preemptible VM$/, 'address_spot_hour'],
];

const PREMIUM = /^Memory Optimized Upgrade Premium for Memory-optimized Instance (Core|Ram)$/i;
const UNIT = /^(.+?)(?: (?:AMD|Arm|Predefined|Memory-optimized))?(?: Instance)? (Core|Ram)$/i;

/** `N2 Instance Core`, without its place and without what it says of spot. */
const stripped = (sku: Sku): { text: string; spot: boolean } => {
  const place = / running in .*$/;
  const spot = /^Spot Preemptible | attached to Spot Preemptible VMs/;
  const plain = sku.description.replace(place, '');
  return {
    text: plain.replace(spot, '').trim(),
    spot: spot.test(plain) || sku.category.usageType === 'Preemptible',
  };
};

const unitMeanings = (text: string, spot: boolean): SkuMeaning[] => {
  const premium = PREMIUM.exec(text)?.[1];
  if (premium !== undefined) {
    const part = premium.toLowerCase() as 'core' | 'ram';
    return [{ part, family: 'm2', spot, isPremium: true }];
  }
  const [, label = '', word = ''] = UNIT.exec(text) ?? [];
  const name = label.toLowerCase();
  const families = WORDY_FAMILIES[name] ?? (/^[a-z][a-z0-9]*$/.test(name) ? [name] : []);
  const part = word.toLowerCase() as 'core' | 'ram';
  return families.map((family) => ({ part, family, spot, isPremium: false }));
};

/** What a SKU prices; nothing where it is some other deal. */
export const meaningsOf = (sku: Sku): SkuMeaning[] => {
  const rate = RATES.find(([pattern]) => pattern.test(sku.description));
  if (rate !== undefined) return [{ part: 'rate', name: rate[1] }];
  if (OTHER_DEALS.test(sku.description) || /^Commit/.test(sku.category.usageType ?? '')) return [];
  const { text, spot } = stripped(sku);
  if (/^SSD backed Local Storage$/.test(text)) return [{ part: 'ssd', spot }];
  const gpu = GPUS[text];
  if (gpu !== undefined) return [{ part: 'gpu', gpu, spot }];
  return unitMeanings(text, spot);
};

/** GB to GiB: some SKUs price memory by 10^9 bytes. */
const GIB_PER_GB = 2 ** 30 / 1e9;

/** USD of its last tier (the first ones may be free): units, a string, and nanos of 1e-9. Null if none. */
export const unitPrice = (sku: Sku): number | null => {
  const expression = sku.pricingInfo.at(-1)?.pricingExpression;
  const price = expression?.tieredRates.at(-1)?.unitPrice;
  if (expression === undefined || price === undefined) return null;
  const usd = Number(price.units) + price.nanos / 1e9;
  return /^GBy\./.test(expression.usageUnit) ? usd * GIB_PER_GB : usd;
};

/** The same for local SSDs, which are priced by the month, an hour. */
export const hourOfMonth = (usd: number): number => usd / HOURS_PER_MONTH;
