import type { IncomingMessage } from 'node:http';
import type { Shelf } from './server.ts';

const item = (armSkuName: string, retailPrice: number, more: object = {}) => ({
  currencyCode: 'USD',
  tierMinimumUnits: 0,
  retailPrice,
  unitPrice: retailPrice,
  armRegionName: 'eastus',
  location: 'US East',
  effectiveStartDate: '2026-06-01T00:00:00Z',
  meterName: armSkuName.replace(/^Standard_/, '').replaceAll('_', ' '),
  productName: 'Virtual Machines Series',
  skuName: armSkuName.replaceAll('_', ' '),
  serviceName: 'Virtual Machines',
  unitOfMeasure: '1 Hour',
  type: 'Consumption',
  isPrimaryMeterRegion: true,
  armSkuName,
  ...more,
});

const D4 = 'Standard_D4s_v5';

const AZURE_MACHINES = [
  item(D4, 0.192),
  // An older contract's meter: the lower one counts.
  item(D4, 0.199),
  item(D4, 0.0384, { skuName: 'Standard_D4s_v5 Spot', meterName: 'D4s v5 Spot' }),
  item(D4, 0.01, { skuName: 'D4s v5 Low Priority', meterName: 'D4s v5 Low Priority' }),
  item(D4, 0.02, { productName: 'Virtual Machines Dsv5 Series Windows' }),
  item(D4, 0.03, { productName: 'Dsv5 Series Cloud Services' }),
  item(D4, 0.04, { productName: 'Dsv5 Series CloudServices' }),
  item(D4, 0.05, { productName: 'Dsv5 Series Dedicated Host' }),
  item(D4, 0),
  item(D4, 0.06, { unitOfMeasure: '1/Month' }),
  item(D4, 0.07, { type: 'Reservation' }),
  item('Standard_E4-2ads_v5', 0.262),
  item('Standard_D4ps_v5', 0.154),
  item('Standard_B2ts_v2', 0.0104),
  item('Standard_DS3_v2', 0.229),
  item('Standard_NC24ads_A100_v4', 3.673),
  item('Standard_M416ms_v2', 131.5),
  item('', 0.001),
];

const E6 = item('', 4.8, {
  serviceName: 'Storage',
  productName: 'Standard SSD Managed Disks',
  skuName: 'E6 LRS',
  meterName: 'E6 LRS Disk',
  unitOfMeasure: '1/Month',
});

const PAGE = 7;
const json = (value: unknown) => ({
  type: 'application/json; charset=utf-8',
  body: JSON.stringify(value),
});

const sku = (name: string, capabilities: Record<string, string>) => ({
  resourceType: 'virtualMachines',
  name,
  locations: ['eastus'],
  capabilities: Object.entries(capabilities).map(([key, value]) => ({ name: key, value })),
});

const AZURE_SKUS = [
  sku(D4, { vCPUs: '4', vCPUsAvailable: '4', MemoryGB: '16', CpuArchitectureType: 'x64' }),
  // The parent of a constrained size has more cores than it.
  sku('Standard_E4-2ads_v5', {
    vCPUs: '4',
    vCPUsAvailable: '2',
    MemoryGB: '32',
    MaxResourceVolumeMB: '153600',
  }),
  sku('Standard_M416ms_v2', { vCPUs: '416', MemoryGB: '11400' }),
  sku('Standard_NC24ads_A100_v4', {
    vCPUs: '24',
    vCPUsAvailable: '24',
    MemoryGB: '220',
    GPUs: '1',
  }),
  { resourceType: 'disks', name: 'Premium_LRS', capabilities: [] },
];

const isKnown = ({ headers }: IncomingMessage): boolean =>
  headers.authorization === 'Bearer azure-token';

const UNKNOWN = { ...json({ error: { code: 'AuthenticationFailed' } }), status: 401 };

/** Azure's retail prices of eastus; the next link names Microsoft's host, as it does behind a mirror. */
export const azureShelf = (): Shelf => ({
  '/api/retail/prices': (url) => {
    const filter = url.searchParams.get('$filter') ?? '';
    const isEast = filter.includes("armRegionName eq 'eastus'");
    const isDisk = filter.includes("serviceName eq 'Storage'");
    const all = !isEast ? [] : isDisk ? [E6] : AZURE_MACHINES;
    const skip = Number(url.searchParams.get('$skip') ?? 0);
    const next = new URL(`https://prices.azure.com${url.pathname}${url.search}`);
    next.searchParams.set('$skip', String(skip + PAGE));
    const items = all.slice(skip, skip + PAGE);
    return json({
      BillingCurrency: 'USD',
      Items: items,
      NextPageLink: skip + PAGE < all.length ? next.href : null,
      Count: items.length,
    });
  },
  '/subscriptions/sub-1/providers/Microsoft.Compute/skus': (_, request) =>
    isKnown(request) ? json({ value: AZURE_SKUS }) : UNKNOWN,
  '/subscriptions/sub-1/locations': (_, request) =>
    isKnown(request) ? json({ value: [{ name: 'westeurope', type: 'Region' }] }) : UNKNOWN,
});

export const azureAccount = {
  azure: { headers: async () => ({ authorization: 'Bearer azure-token' }), subscription: 'sub-1' },
};
