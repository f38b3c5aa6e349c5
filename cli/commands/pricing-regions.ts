import type { RegionView } from '../../protocol/messages/pricing.ts';
import { noArguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { price, printRows } from '../pricing/words.ts';

const HEAD = [
  ...['REGION', 'CLOUD', 'GROUP', 'ZONES', 'OFFERS', 'DISK GB/MONTH', 'ADDRESS/HOUR', 'EGRESS/GB'],
];

const rowOf = (region: RegionView): string[] => [
  region.region,
  region.cloud,
  region.group ?? '-',
  region.zones.length === 0 ? '-' : String(region.zones.length),
  String(region.offers),
  price(region.boot_disk_gb_month),
  price(region.address_hour),
  price(region.egress_gb),
];

export const pricingRegions: Command = {
  path: ['pricing', 'regions'],
  summary: 'list regions with their disk, address and egress prices',
  example: 'px pricing regions',
  handler: async (parsed, context) => {
    noArguments(parsed);
    const client = await context.client();
    const { items } = await client.call('pricingRegions');
    if (context.json) context.output.json(items);
    else {
      const csv = items.map((region) => ({ ...region, zones: region.zones.join(' ') }));
      await printRows(context, { head: HEAD, rows: items.map(rowOf) }, csv);
    }
    return 0;
  },
};
