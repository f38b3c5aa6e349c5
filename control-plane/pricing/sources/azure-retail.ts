import * as z from 'zod';
import type { RateRow, SourceRow } from '../offer.ts';
import { AZURE_REGIONS } from './azure-regions.ts';
import { azureType } from './azure-sizes.ts';
import { readResourceSkus } from './azure-skus.ts';
import { isWanted, type PriceSource, type SourceContext } from './source.ts';

const API_VERSION = '2023-01-01-preview';

const Item = z.object({
  retailPrice: z.number(),
  armSkuName: z.string().default(''),
  skuName: z.string().default(''),
  meterName: z.string().default(''),
  productName: z.string().default(''),
  unitOfMeasure: z.string().default(''),
  currencyCode: z.string().default('USD'),
  type: z.string().default('Consumption'),
});
type Item = z.infer<typeof Item>;

const Page = z.object({ Items: z.array(Item), NextPageLink: z.string().nullish() });

/** All pages of a query. Of a next link only its query counts: a mirror keeps its own host. */
async function* items({ http, urls }: SourceContext, filter: string): AsyncGenerator<Item> {
  const base = `${urls.azurePrices}/api/retail/prices`;
  let query: string | null = `?api-version=${API_VERSION}&$filter=${encodeURIComponent(filter)}`;
  while (query !== null) {
    const page: z.infer<typeof Page> = await http.json(`${base}${query}`, Page);
    yield* page.Items;
    query = page.NextPageLink ? new URL(page.NextPageLink).search : null;
  }
}

/** What shares the service name with plain Linux machines and is none. */
const isOther = ({ productName, skuName, meterName }: Item): boolean =>
  /Windows|Cloud ?Services|Dedicated|Host|Reservation/i.test(productName) ||
  /Low Priority|Dedicated/i.test(`${skuName} ${meterName}`);

const isMachine = (item: Item): boolean =>
  item.armSkuName !== '' &&
  item.retailPrice > 0 &&
  item.unitOfMeasure === '1 Hour' &&
  item.currencyCode === 'USD' &&
  item.type === 'Consumption' &&
  !isOther(item);

interface Prices {
  onDemand: number | null;
  spot: number | null;
}

const lower = (a: number | null, b: number): number => (a === null ? b : Math.min(a, b));

/** The lowest price of each size: one size has several meters, of old and new contracts. */
const readPrices = async (
  context: SourceContext,
  region: string,
): Promise<ReadonlyMap<string, Prices>> => {
  const filter = `serviceName eq 'Virtual Machines' and priceType eq 'Consumption' and armRegionName eq '${region}'`;
  const sizes = new Map<string, Prices>();
  for await (const item of items(context, filter)) {
    if (!isMachine(item)) continue;
    const known = sizes.get(item.armSkuName) ?? { onDemand: null, spot: null };
    if (/ Spot\b/.test(item.skuName)) known.spot = lower(known.spot, item.retailPrice);
    else known.onDemand = lower(known.onDemand, item.retailPrice);
    sizes.set(item.armSkuName, known);
  }
  return sizes;
};

/** An E6 disk has 64 GB and costs by the month. */
const E6_GB = 64;

async function* readRates(context: SourceContext, region: string): AsyncGenerator<RateRow> {
  const filter = `serviceName eq 'Storage' and armRegionName eq '${region}' and meterName eq 'E6 LRS Disk'`;
  for await (const { retailPrice, unitOfMeasure } of items(context, filter)) {
    if (retailPrice <= 0 || unitOfMeasure !== '1/Month') continue;
    yield { cloud: 'azure', region, name: 'disk_gb_month', usd: retailPrice / E6_GB };
  }
}

async function* readRegion(context: SourceContext, region: string): AsyncGenerator<SourceRow> {
  const skus = await readResourceSkus(context, region);
  const origin = { source: 'Azure retail prices', asOf: context.today, spotAsOf: '' };
  const place = { cloud: 'azure', region, zone: '' };
  for (const [name, { onDemand, spot }] of await readPrices(context, region)) {
    const type = skus === null ? azureType(name) : (skus.get(name) ?? null);
    if (type === null) yield { skipped: name };
    else
      yield { offer: { type, place, origin, price: onDemand, spotPrice: spot, interruption: '' } };
  }
  for await (const rate of readRates(context, region)) yield { rate };
}

/** Azure's retail price API, region by region; sizes from Resource SKUs, or from their names. */
export const azureRetail: PriceSource = {
  name: 'azure-retail',
  cloud: 'azure',
  kind: 'list',
  needsAccount: false,
  firstParts: ['eastus', 'westeurope'],
  isAvailable: () => true,
  open: async (context, regions) => {
    const named = regions?.filter((region) => /^[a-z]+\d?$/.test(region)) ?? [];
    const known = AZURE_REGIONS.filter((region) => isWanted('azure', region, regions));
    const extra = named.filter(
      (name) => /(us|europe|india|asia)\d?$/.test(name) && name.length > 4,
    );
    const parts = [...new Set([...known, ...extra])].sort();
    return {
      parts,
      whole: known.length === AZURE_REGIONS.length,
      rows: (region) => readRegion(context, region),
    };
  },
};
