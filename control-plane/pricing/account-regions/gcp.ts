import * as z from 'zod';
import type { AccountContext } from '../sources/source.ts';

const Regions = z.object({
  items: z.array(z.object({ name: z.string(), status: z.string() })).default([]),
});

/** Regions that the project sees and that are up. */
export const readGcpRegions = async ({
  http,
  urls,
  accounts,
}: AccountContext): Promise<string[]> => {
  const { project, headers } = accounts.gcp ?? {};
  const url = `${urls.gcpCompute}/compute/v1/projects/${project}/regions?maxResults=500`;
  const { items } = await http.json(url, Regions, await headers?.());
  return items.filter(({ status }) => status === 'UP').map(({ name }) => name);
};
