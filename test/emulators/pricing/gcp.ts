import type { Shelf } from './server.ts';

/** Columns that px reads and some that it does not, in the order of gcloud-compute.com. */
export const GCP_LIST = `name,series,region,zoneCount,zones,vCpus,sharedCpu,arm,memoryGB,acceleratorCount,acceleratorType,localSsd,spot,hour,hourSpot,month
e2-standard-4,e2,us-central1,2,"us-central1-a, us-central1-b",4,0,0,16,0,,0,1,0.134012,0.0536,97.83
e2-micro,e2,us-central1,2,"us-central1-a, us-central1-b",2,1,0,1,0,,0,1,0.008376,0.0025,6.11
n1-standard-4,n1,us-central1,1,us-central1-a,4,0,0,15,0,,1,1,0.189999,0.04,138.70
c4a-standard-4,c4a,europe-west1,1,europe-west1-b,4,0,1,16,0,,0,1,0.1972,0.0752,143.96
g2-standard-4,g2,europe-west4,0,,4,0,0,16,1,nvidia-l4,1,1,0.7784,0.3113,568.20
c3-standard-192-metal,c3,us-central1,1,us-central1-a,192,0,0,768,0,,0,0,9.68,,7066.40
x4-megamem-960-metal,x4,us-central1,1,us-central1-a,960,0,0,16384,0,,0,0,0,0,0
`;

const money = (usd: number) => ({
  currencyCode: 'USD',
  units: String(Math.floor(usd)),
  nanos: Math.round((usd % 1) * 1e9),
});

const sku = (
  description: string,
  usd: number | number[],
  { regions = ['us-central1'], group = 'CPU', usage = 'OnDemand', unit = 'h' } = {},
) => ({
  name: `services/6F81-5844-456A/skus/${description.length}`,
  description,
  category: {
    serviceDisplayName: 'Compute Engine',
    resourceFamily: 'Compute',
    resourceGroup: group,
    usageType: usage,
  },
  serviceRegions: regions,
  pricingInfo: [
    {
      effectiveTime: '2026-08-30T00:00:00Z',
      pricingExpression: {
        usageUnit: unit,
        tieredRates: [usd].flat().map((price, index) => ({
          startUsageAmount: index * 100,
          unitPrice: money(price),
        })),
      },
    },
  ],
});

const spot = { usage: 'Preemptible' };

const GCP_SKUS = [
  sku('N2 Instance Core running in Americas', 0.031611),
  sku('N2 Instance Ram running in Americas', 0.004237, { group: 'RAM', unit: 'GiBy.h' }),
  sku('Spot Preemptible N2 Instance Core running in Americas', 0.0077, spot),
  sku('Spot Preemptible N2 Instance Ram running in Americas', 0.001, { ...spot, group: 'RAM' }),
  sku('N2 Instance Core running in Belgium', 0.034, { regions: ['europe-west1'] }),
  sku('N2 Instance Ram running in Belgium', 0.0046, { regions: ['europe-west1'] }),
  // What must not count: each is dearer than the real one, and of two the dearer one counts.
  sku('N2 Custom Instance Core running in Americas', 0.91),
  sku('N2 Sole Tenancy Instance Core running in Americas', 0.92),
  sku('Commitment v1: N2 Cpu in Americas for 1 Year', 0.93, { usage: 'Commit1Yr' }),
  sku('Reserved N2 Instance Core running in Americas', 0.94),
  sku('N2 Instance Ram running in Americas, suspended', 0.95),
  sku('DWS Calendar Mode N2 Instance Core running in Americas', 0.9),
  sku('E2 Instance Core running in Americas', 0.021811),
  sku('E2 Instance Ram running in Americas', 0.002923),
  sku('Compute optimized Core running in Americas', 0.03398),
  sku('Compute optimized Ram running in Americas', 0.00455),
  sku('C4A Arm Instance Core running in Americas', 0.0359),
  sku('C4A Arm Instance Ram running in Americas', 0.0041),
  sku('Memory-optimized Instance Core running in Americas', 0.0348),
  sku('Memory-optimized Instance Ram running in Americas', 0.0051),
  sku(
    'Memory Optimized Upgrade Premium for Memory-optimized Instance Core running in Americas',
    0.008,
  ),
  sku(
    'Memory Optimized Upgrade Premium for Memory-optimized Instance Ram running in Americas',
    0.001,
  ),
  sku('G2 Instance Core running in Americas', 0.02499),
  sku('G2 Instance Ram running in Americas', 0.00293),
  sku('Nvidia L4 GPU running in Americas', 0.5604, { group: 'GPU' }),
  sku('Nvidia L4 GPU attached to Spot Preemptible VMs running in Americas', 0.2242, {
    group: 'GPU',
  }),
  sku('A3 Instance Core running in Americas', 1.25, {}),
  sku('A3 Instance Ram running in Americas', 0.0046, {}),
  sku('SSD backed Local Storage', 0.08, { group: 'LocalSSD', unit: 'GiBy.mo' }),
  sku('C3 Instance Core running in Americas', 0.03398),
  sku('C3 Instance Ram running in Americas', 0.00456),
  sku('Balanced PD Capacity', 0.1, { group: 'SSD', unit: 'GiBy.mo' }),
  sku('Balanced PD Capacity in Belgium', 0.11, {
    group: 'SSD',
    unit: 'GiBy.mo',
    regions: ['europe-west1'],
  }),
  sku('External IP Charge on a Standard VM', [0, 0.005], {
    regions: ['global'],
    group: 'IpAddress',
  }),
  sku('External IP Charge on a Spot Preemptible VM', [0, 0.0025], { regions: ['global'] }),
];

const machine = (name: string, guestCpus: number, memoryGib: number, more: object = {}) => ({
  name,
  guestCpus,
  memoryMb: memoryGib * 1024,
  isSharedCpu: false,
  architecture: 'X86_64',
  ...more,
});

const l4 = { accelerators: [{ guestAcceleratorType: 'nvidia-l4', guestAcceleratorCount: 1 }] };
const h100 = {
  accelerators: [{ guestAcceleratorType: 'nvidia-h100-80gb', guestAcceleratorCount: 8 }],
};

const GCP_MACHINES: Record<string, object[]> = {
  'zones/us-central1-a': [
    machine('n2-standard-8', 8, 32),
    machine('e2-micro', 2, 1, { isSharedCpu: true }),
    machine('e2-small', 2, 2, { isSharedCpu: true }),
    machine('e2-medium', 2, 4, { isSharedCpu: true }),
    machine('c2-standard-4', 4, 16),
    machine('c4a-standard-4', 4, 16, { architecture: 'ARM64' }),
    machine('m1-ultramem-40', 40, 961),
    machine('m2-ultramem-208', 208, 5888),
    machine('g2-standard-4', 4, 16, l4),
    machine('a3-highgpu-8g', 208, 1872, h100),
    machine('c3-standard-4-lssd', 4, 16, { bundledLocalSsds: { partitionCount: 1 } }),
    machine('n9-standard-4', 4, 16),
    machine('n2-old-1', 1, 1, { deprecated: { state: 'DEPRECATED' } }),
  ],
  'zones/europe-west1-b': [machine('n2-standard-8', 8, 32)],
  'zones/asia-east1-a': [],
};

/** Pages of two, so that every test pages. */
const page = <T>(
  items: readonly T[],
  url: URL,
  size: number,
): { items: T[]; next: string | undefined } => {
  const start = Number(url.searchParams.get('pageToken') ?? 0);
  const end = start + size;
  return { items: items.slice(start, end), next: end < items.length ? String(end) : undefined };
};

const json = (value: unknown) => ({ type: 'application/json', body: JSON.stringify(value) });

const PROJECT = 'demo-project';

/** Google's lists. `token`: the only bearer token that the APIs take. */
export const gcpShelf = (token = 'gcp-token'): Shelf => {
  const guarded =
    (serve: (url: URL) => unknown): Shelf[string] =>
    (url, request) =>
      request.headers.authorization === `Bearer ${token}`
        ? json(serve(url))
        : { ...json({ error: { message: 'Request had invalid credentials' } }), status: 401 };
  return {
    '/machine-types-regions.csv': () => ({ type: 'text/csv', body: GCP_LIST }),
    '/v1/services/6F81-5844-456A/skus': guarded((url) => {
      const { items, next } = page(GCP_SKUS, url, 10);
      return { skus: items, nextPageToken: next ?? '' };
    }),
    [`/compute/v1/projects/${PROJECT}/regions`]: guarded(() => ({
      items: [
        { name: 'us-central1', status: 'UP' },
        { name: 'europe-west1', status: 'DOWN' },
      ],
    })),
    [`/compute/v1/projects/${PROJECT}/aggregated/machineTypes`]: guarded((url) => {
      const { items, next } = page(Object.entries(GCP_MACHINES), url, 2);
      const scopes = items.map(([scope, machineTypes]) => [
        scope,
        machineTypes.length > 0 ? { machineTypes } : { warning: { code: 'NO_RESULTS_ON_PAGE' } },
      ]);
      return {
        items: Object.fromEntries(scopes),
        ...(next === undefined ? {} : { nextPageToken: next }),
      };
    }),
  };
};

export const gcpAccount = (token = 'gcp-token') => ({
  gcp: { headers: async () => ({ authorization: `Bearer ${token}` }), project: PROJECT },
});
