import * as z from 'zod';
import type { SourceContext } from './source.ts';

const SpotFile = z.object({
  config: z.object({
    regions: z.array(
      z.object({
        region: z.string(),
        instanceTypes: z.array(
          z.object({
            sizes: z.array(
              z.object({
                size: z.string(),
                valueColumns: z.array(
                  z.object({ name: z.string(), prices: z.record(z.string(), z.string()) }),
                ),
              }),
            ),
          }),
        ),
      }),
    ),
  }),
});

/** The spot page still names the oldest regions as it did in 2009. */
const OLD_NAMES: Record<string, string> = {
  'us-east': 'us-east-1',
  'us-west': 'us-west-1',
  'eu-ireland': 'eu-west-1',
  'eu-frankfurt': 'eu-central-1',
  'apac-sin': 'ap-southeast-1',
  'apac-syd': 'ap-southeast-2',
  'apac-tokyo': 'ap-northeast-1',
};

const AdvisorFile = z.object({
  ranges: z.array(z.object({ index: z.number(), label: z.string() })),
  spot_advisor: z.record(
    z.string(),
    z.object({ Linux: z.record(z.string(), z.object({ r: z.number() })).optional() }),
  ),
});

/** By region, then type. */
export type ByRegion<T> = ReadonlyMap<string, ReadonlyMap<string, T>>;

/** Linux spot prices of every region, USD an hour. Types without one (`N/A*`) are left out. */
export const readSpotPrices = async ({ http, urls }: SourceContext): Promise<ByRegion<number>> => {
  const file = await http.json(urls.awsSpot, SpotFile);
  const regions = new Map<string, Map<string, number>>();
  for (const { region, instanceTypes } of file.config.regions) {
    const prices = new Map<string, number>();
    for (const { size, valueColumns } of instanceTypes.flatMap(({ sizes }) => sizes)) {
      const linux = valueColumns.find(({ name }) => name === 'linux');
      const usd = Number(linux?.prices.USD);
      if (usd > 0) prices.set(size, usd);
    }
    regions.set(OLD_NAMES[region] ?? region, prices);
  }
  return regions;
};

/** How often a month machines are taken away, as a label such as `<5%`. */
export const readInterruptions = async ({
  http,
  urls,
}: SourceContext): Promise<ByRegion<string>> => {
  const file = await http.json(urls.awsAdvisor, AdvisorFile);
  const labels = new Map(file.ranges.map(({ index, label }) => [index, label]));
  return new Map(
    Object.entries(file.spot_advisor).map(([region, { Linux = {} }]) => [
      region,
      new Map(Object.entries(Linux).map(([type, { r }]) => [type, labels.get(r) ?? ''])),
    ]),
  );
};
