import * as z from 'zod';
import type { AccountContext } from '../sources/source.ts';

const API_VERSION = '2022-12-01';

const Locations = z.object({ value: z.array(z.object({ name: z.string() })) });

/** Locations that the subscription may use. */
export const readAzureRegions = async ({
  http,
  urls,
  accounts,
}: AccountContext): Promise<string[]> => {
  const { subscription, headers } = accounts.azure ?? {};
  const url = `${urls.azureManagement}/subscriptions/${subscription}/locations?api-version=${API_VERSION}`;
  const { value } = await http.json(url, Locations, await headers?.());
  return value.map(({ name }) => name);
};
