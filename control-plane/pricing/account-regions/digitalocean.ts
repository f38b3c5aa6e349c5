import * as z from 'zod';
import type { AccountContext } from '../sources/source.ts';

const Regions = z.object({
  regions: z.array(z.object({ slug: z.string(), available: z.boolean() })),
});

/** Regions in which the account can make machines. */
export const readDigitalOceanRegions = async ({
  http,
  urls,
  accounts,
}: AccountContext): Promise<string[]> => {
  const url = `${urls.digitalocean}/v2/regions?per_page=200`;
  const { regions } = await http.json(url, Regions, await accounts.digitalocean?.headers());
  return regions.filter(({ available }) => available).map(({ slug }) => slug);
};
