import * as z from 'zod';
import type { GetHeaders } from '../../accounts/accounts.ts';
import type { InstanceType, SourceRow } from '../offer.ts';
import { createPriceBook, type PriceBook } from './gcp-book.ts';
import { Sku } from './gcp-skus.ts';
import { gcpTraits } from './gcp-types.ts';
import type { PriceSource, SourceContext } from './source.ts';

/** Compute Engine in the Cloud Billing Catalog. */
const SERVICE = '6F81-5844-456A';
/** The most that both APIs give at a time. */
const SKUS_A_PAGE = 5000;
const TYPES_A_PAGE = 500;

const SkuPage = z.object({ skus: z.array(Sku).default([]), nextPageToken: z.string().optional() });

const MachineType = z.object({
  name: z.string(),
  guestCpus: z.number(),
  memoryMb: z.number(),
  isSharedCpu: z.boolean().optional(),
  architecture: z.string().optional(),
  deprecated: z.object({ state: z.string().optional() }).optional(),
  accelerators: z
    .array(z.object({ guestAcceleratorType: z.string(), guestAcceleratorCount: z.number() }))
    .optional(),
  bundledLocalSsds: z.object({ partitionCount: z.number().optional() }).optional(),
});
type MachineType = z.infer<typeof MachineType>;

const TypePage = z.object({
  items: z
    .record(z.string(), z.object({ machineTypes: z.array(MachineType).optional() }))
    .default({}),
  nextPageToken: z.string().optional(),
});

/** All pages of a list; `url` gets the token of the next page. */
async function* pages<T extends { nextPageToken?: string | undefined }>(
  { http }: SourceContext,
  headers: GetHeaders,
  schema: z.ZodType<T>,
  url: string,
): AsyncGenerator<T> {
  let token = '';
  do {
    const next = token === '' ? url : `${url}&pageToken=${encodeURIComponent(token)}`;
    const page = await http.json(next, schema, await headers());
    yield page;
    token = page.nextPageToken ?? '';
  } while (token !== '');
}

const readBook = async (context: SourceContext, headers: GetHeaders): Promise<PriceBook> => {
  const book = createPriceBook();
  const url = `${context.urls.gcpBilling}/v1/services/${SERVICE}/skus?currencyCode=USD&pageSize=${SKUS_A_PAGE}`;
  for await (const { skus } of pages(context, headers, SkuPage, url)) skus.forEach(book.add);
  return book;
};

/** 375 GB each, but for Z3's Titanium SSDs of 3,000. */
const localDiskGb = ({ name, bundledLocalSsds }: MachineType): number =>
  (bundledLocalSsds?.partitionCount ?? 0) * (name.startsWith('z3-') ? 3000 : 375);

const typeOf = (machine: MachineType): InstanceType => {
  const traits = gcpTraits(machine.name);
  const [gpu] = machine.accelerators ?? [];
  return {
    cloud: 'gcp',
    name: machine.name,
    vcpus: machine.guestCpus,
    memoryGib: machine.memoryMb / 1024,
    ...traits,
    arch: machine.architecture === 'ARM64' ? 'arm64' : traits.arch,
    burstable: traits.burstable || machine.isSharedCpu === true,
    gpuName: gpu?.guestAcceleratorType ?? '',
    gpuCount: gpu?.guestAcceleratorCount ?? 0,
    localDiskGb: localDiskGb(machine),
  };
};

async function* readTypes(context: SourceContext): AsyncGenerator<SourceRow> {
  const account = context.accounts.gcp;
  if (account === undefined) return;
  const { headers, project } = account;
  const book = await readBook(context, headers);
  for (const rate of book.rates()) yield { rate };
  const origin = { source: 'Cloud Billing Catalog', asOf: context.today, spotAsOf: '' };
  const url = `${context.urls.gcpCompute}/compute/v1/projects/${project}/aggregated/machineTypes?maxResults=${TYPES_A_PAGE}`;
  for await (const { items } of pages(context, headers, TypePage, url)) {
    for (const [scope, { machineTypes = [] }] of Object.entries(items)) {
      const zone = scope.replace(/^zones\//, '');
      const place = { cloud: 'gcp', region: zone.replace(/-[a-z]$/, ''), zone };
      for (const machine of machineTypes) {
        if (machine.deprecated?.state !== undefined) continue;
        const type = typeOf(machine);
        const price = book.price(type, place.region, false);
        const spotPrice = book.price(type, place.region, true);
        // A part without its SKU would make the machine look cheaper than it is.
        if (price === null) yield { skipped: type.name };
        else yield { offer: { type, place, origin, price, spotPrice, interruption: '' } };
      }
    }
  }
}

/** Google's own prices: SKUs of the Cloud Billing Catalog joined with the machine types of a project. */
export const gcpBilling: PriceSource = {
  name: 'gcp-billing',
  cloud: 'gcp',
  kind: 'api',
  needsAccount: true,
  connect: 'gcloud auth application-default login',
  firstParts: null,
  isAvailable: ({ gcp }) => gcp !== undefined,
  open: async (context) => ({ parts: [''], whole: true, rows: () => readTypes(context) }),
};
