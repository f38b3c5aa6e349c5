import { pipeline } from 'node:stream/promises';
import { PricingSort, type RankedOffer } from '../../protocol/messages/pricing.ts';
import { accountHeaders } from '../account/reference.ts';
import { countOption, noArguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { collectPages } from '../pages.ts';
import { requirementOptions, requirementQuery, wordOption } from '../pricing/query.ts';
import { whileFetching } from '../pricing/while-fetching.ts';
import { OFFER_HEAD, OFFER_SPARE, offerRow, sayNotices } from '../pricing/words.ts';

/** 20 offers: a screen; more with --limit. */
const DEFAULT_LIMIT = 20;
/** 5,000,000: as many as an import takes. */
const LIMIT_MAX = 5_000_000;

export const pricingLs: Command = {
  path: ['pricing', 'ls'],
  summary: 'list offers, cheapest first',
  options: [
    ...requirementOptions,
    { name: 'all', short: 'a', summary: 'every row, also those that are never chosen' },
    {
      name: 'sort',
      value: 'ORDER',
      summary: 'price (default), spot, cpus, memory, core (price of one) or type',
    },
    {
      name: 'limit',
      short: 'n',
      value: 'N',
      summary: `at most N (default: ${DEFAULT_LIMIT}; with --all: no limit)`,
    },
  ],
  example: 'px pricing ls --cpus 4 --memory 16GB --region us --provider gcp,aws --limit 10',
  details:
    'The total is what the bill says of a node and hour: machine, boot disk and public address.\nOff a terminal the rows are CSV, in the columns that px pricing import reads.',
  handler: async (parsed, context) => {
    noArguments(parsed);
    const all = parsed.flag('all') ? true : undefined;
    const limit = countOption(parsed, 'limit', LIMIT_MAX) ?? (all ? undefined : DEFAULT_LIMIT);
    const query = {
      ...requirementQuery(parsed),
      all,
      sort: wordOption(parsed, 'sort', PricingSort.options),
    };
    const headers = accountHeaders(context.env);
    const client = await context.client();
    const { stdoutTty, quiet } = context.output;
    if (!context.json && !stdoutTty && !quiet) {
      const asked = client.call('pricingOffersCsv', { query: { ...query, limit }, headers });
      const csv = await whileFetching(context, client, asked);
      await pipeline(csv.body ?? [], async (pieces: AsyncIterable<Uint8Array>) => {
        for await (const piece of pieces) await context.output.write(1, piece);
      });
      return 0;
    }
    const notices = new Set<string>();
    const offers: RankedOffer[] = await collectPages(async (page) => {
      const asked = client.call('pricingOffers', { query: { ...query, ...page }, headers });
      const reply = await whileFetching(context, client, asked);
      for (const notice of reply.notices) notices.add(notice);
      return reply;
    }, limit ?? Number.POSITIVE_INFINITY);
    if (context.json) context.output.json(offers);
    else context.output.table(OFFER_HEAD, offers.map(offerRow), OFFER_SPARE);
    sayNotices(context, [...notices]);
    if (offers.length === 0) context.output.say('No offer. Every row: px pricing ls --all');
    return 0;
  },
};
