import type { CompareRow } from '../../protocol/messages/pricing.ts';
import { accountHeaders } from '../account/reference.ts';
import { noArguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { usd } from '../output/units.ts';
import { requirementOptions, requirementQuery } from '../pricing/query.ts';
import { whileFetching } from '../pricing/while-fetching.ts';
import { price, printRows, sayNotices } from '../pricing/words.ts';

const HEAD = [
  ...['CLOUD', 'TYPE', 'REGION', 'PER HOUR', 'PER MINUTE', '1000 CORE-HOURS', 'SPOT SAVES'],
  ...['EGRESS/GB', 'COST'],
];

const SPARE = ['PER MINUTE', '1000 CORE-HOURS', 'SPOT SAVES', 'EGRESS/GB'];

/** Minutes cost hundredths of a cent. */
const MINUTE_DIGITS = 6;

const percent = (share: number | null): string => (share === null ? '-' : `${Math.round(share)} %`);

const rowOf = ({ offer, ...row }: CompareRow): string[] => [
  offer.cloud,
  offer.instance_type,
  offer.zone || offer.region,
  price(row.per_hour),
  `$${row.per_minute.toFixed(MINUTE_DIGITS)}`,
  usd(row.per_1000_core_hours),
  percent(row.spot_saving_percent),
  price(row.egress_per_gb),
  usd(row.cost),
];

export const pricingCompare: Command = {
  path: ['pricing', 'compare'],
  summary: 'show clouds side by side',
  options: [
    ...requirementOptions,
    {
      name: 'bucket',
      value: 'WHERE',
      summary: 'where the data lies: gs://name, s3://name, gcp or aws:us-east-1',
    },
  ],
  example: 'px pricing compare --cpus 8 --memory 32GB --nodes 10 --hours 5 --bucket gs://data',
  details:
    'EGRESS/GB is what it costs to read one GB of the bucket from there; without --bucket, to send\none GB to the internet. COST is that of --nodes for --hours.',
  handler: async (parsed, context) => {
    noArguments(parsed);
    const client = await context.client();
    const query = { ...requirementQuery(parsed), bucket: parsed.value('bucket') };
    const headers = accountHeaders(context.env);
    const asked = client.call('pricingCompare', { query, headers });
    const reply = await whileFetching(context, client, asked);
    if (context.json) {
      context.output.json(reply);
      return 0;
    }
    const csv = reply.items.map(({ offer, ...row }) => ({ ...offer, ...row }));
    await printRows(context, { head: HEAD, rows: reply.items.map(rowOf), spare: SPARE }, csv);
    sayNotices(context, reply.notices);
    return 0;
  },
};
