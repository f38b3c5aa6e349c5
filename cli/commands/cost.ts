import { PxError } from '../../protocol/errors.ts';
import { CostBy } from '../../protocol/messages/costs.ts';
import { noArguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { usd } from '../output/units.ts';
import { typed } from '../typed.ts';

const HEADS: Record<CostBy, readonly string[]> = {
  cluster: ['CLUSTER', 'ID'],
  job: ['CLUSTER', 'JOB'],
  day: ['DAY'],
};

const parseBy = (text: string | undefined): CostBy => {
  const by = CostBy.safeParse(text ?? 'cluster');
  if (by.success) return by.data;
  throw new PxError(
    'bad_request',
    `Expected --by to be ${CostBy.options.join(', ')}, got ${typed(text ?? '')}.`,
  );
};

export const cost: Command = {
  path: ['cost'],
  summary: 'show what was spent and what is being spent now',
  options: [{ name: 'by', value: 'WHAT', summary: 'cluster, job or day (default: cluster)' }],
  example: 'px cost --by day',
  details: `
Machines, their disks and their addresses count, at the prices of the catalog when they were made. A job
is charged what its cluster cost while it ran; days are those of UTC.`,
  handler: async (parsed, context) => {
    noArguments(parsed);
    const by = parseBy(parsed.value('by'));
    const client = await context.client();
    const reply = await client.call('costs', { query: { by } });
    if (context.json) {
      context.output.json(reply);
      return 0;
    }
    if (reply.items.length === 0) {
      context.output.say('Nothing has cost anything yet.');
      return 0;
    }
    context.output.table(
      [...HEADS[by], 'SPENT', 'NOW/HOUR'],
      reply.items.map(({ key, name, usd: spent, usdPerHour }) => [
        ...(by === 'day' ? [key] : [name, key]),
        usd(spent),
        usd(usdPerHour),
      ]),
    );
    if (by !== 'job') context.output.say(`Together ${usd(reply.totalUsd)}.`);
    return 0;
  },
};
