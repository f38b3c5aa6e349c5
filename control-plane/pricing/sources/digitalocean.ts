import * as z from 'zod';
import type { InstanceType, SourceRow } from '../offer.ts';
import type { PriceSource, SourceContext } from './source.ts';

const SIZES_A_PAGE = 200;

const Size = z.object({
  slug: z.string(),
  memory: z.number(),
  vcpus: z.number(),
  disk: z.number(),
  price_hourly: z.number(),
  regions: z.array(z.string()),
  available: z.boolean(),
  gpu_info: z.object({ count: z.number(), model: z.string().default('gpu') }).nullish(),
});
type Size = z.infer<typeof Size>;

const SizePage = z.object({
  sizes: z.array(Size),
  links: z.object({ pages: z.object({ next: z.string().optional() }).optional() }).optional(),
});

const MIB_PER_GIB = 1024;

const typeOf = (size: Size): InstanceType => ({
  cloud: 'digitalocean',
  name: size.slug,
  vcpus: size.vcpus,
  memoryGib: size.memory / MIB_PER_GIB,
  arch: 'x86_64',
  // Basic Droplets share their cores.
  burstable: size.slug.startsWith('s-'),
  bareMetal: false,
  gpuName: size.gpu_info?.model ?? '',
  gpuCount: size.gpu_info?.count ?? 0,
  // Sizes that are superseded are taken off the list.
  prevGen: false,
  localDiskGb: size.disk,
});

async function* readSizes({
  http,
  urls,
  accounts,
  today,
}: SourceContext): AsyncGenerator<SourceRow> {
  const headers = accounts.digitalocean?.headers;
  if (headers === undefined) return;
  const origin = { source: 'DigitalOcean API', asOf: today, spotAsOf: '' };
  let query: string | null = `?per_page=${SIZES_A_PAGE}`;
  while (query !== null) {
    const page: z.infer<typeof SizePage> = await http.json(
      `${urls.digitalocean}/v2/sizes${query}`,
      SizePage,
      await headers(),
    );
    for (const size of page.sizes) {
      if (!size.available) {
        yield { skipped: size.slug };
        continue;
      }
      const type = typeOf(size);
      for (const region of size.regions) {
        const place = { cloud: 'digitalocean', region, zone: '' };
        const price = size.price_hourly;
        yield { offer: { type, place, origin, price, spotPrice: null, interruption: '' } };
      }
    }
    const next = page.links?.pages?.next;
    query = next === undefined ? null : new URL(next).search;
  }
}

/** DigitalOcean's sizes: one list for all regions, with a token. */
export const digitalOcean: PriceSource = {
  name: 'digitalocean',
  cloud: 'digitalocean',
  kind: 'api',
  needsAccount: true,
  connect: 'doctl auth init, or export DIGITALOCEAN_TOKEN=…',
  firstParts: null,
  isAvailable: ({ digitalocean }) => digitalocean !== undefined,
  open: async (context) => ({ parts: [''], whole: true, rows: () => readSizes(context) }),
};
