import type { BestReply } from '../../protocol/messages/pricing.ts';
import { accountHeaders } from '../account/reference.ts';
import { noArguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { plural, usd } from '../output/units.ts';
import { requirementOptions, requirementQuery } from '../pricing/query.ts';
import { whileFetching } from '../pricing/while-fetching.ts';
import {
  OFFER_HEAD,
  OFFER_SPARE,
  offerRow,
  passedLine,
  price,
  printRows,
  sayNotices,
} from '../pricing/words.ts';

/** Cheaper offers that are named without -v. */
const PASSED_SHOWN = 3;

const explain = ({ output }: Context, reply: BestReply, computeOnly: boolean): void => {
  const { winner, passed_over, nodes, hours } = reply;
  const { instance_type, cloud, zone, region, compute, disk, address, total, cost } = winner;
  const parts = computeOnly
    ? 'the machine alone, without disk and address'
    : `machine ${price(compute)}, disk ${price(disk)}, address ${price(address)}`;
  const where = `${instance_type} in ${zone || region} (${cloud})`;
  output.say(`Cheapest: ${where}, ${price(total)} an hour: ${parts}.`);
  if (nodes > 1 || hours !== 1) {
    output.say(`${plural(nodes, 'node')} for ${plural(hours, 'hour')}: ${usd(cost ?? 0)}.`);
  }
  for (const [index, passed] of passed_over.offers.entries()) {
    if (index < PASSED_SHOWN) output.say(passedLine(passed));
    else output.detail(passedLine(passed));
  }
};

export const pricingBest: Command = {
  path: ['pricing', 'best'],
  summary: 'find the cheapest offer, anywhere and of each cloud',
  options: requirementOptions,
  example: 'px pricing best --cpus 4 --memory 16GB',
  details:
    'The first line is the winner. Offers that would have been cheaper are named with the reason\nwhy they were passed over; more of them with -v, all of them counted with --json.',
  handler: async (parsed, context) => {
    noArguments(parsed);
    const client = await context.client();
    const headers = accountHeaders(context.env);
    const query = requirementQuery(parsed);
    const asked = client.call('pricingBest', { query, headers });
    const reply = await whileFetching(context, client, asked);
    if (context.json) {
      context.output.json(reply);
      return 0;
    }
    const rows = reply.clouds.map(offerRow);
    await printRows(context, { head: OFFER_HEAD, rows, spare: OFFER_SPARE }, reply.clouds);
    explain(context, reply, parsed.flag('compute-only'));
    sayNotices(context, reply.notices);
    return 0;
  },
};
