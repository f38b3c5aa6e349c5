import type { SourceView } from '../../protocol/messages/pricing.ts';
import { noArguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { age } from '../output/units.ts';
import { printRows } from '../pricing/words.ts';

const HEAD = ['SOURCE', 'CLOUD', 'KIND', 'OFFERS', 'UNRANKED', 'SYNCED', 'PRICES OF', 'STATE'];

const state = ({ syncing, problem, synced_at, needs_account }: SourceView): string => {
  if (syncing) return 'syncing';
  if (problem !== null) return problem;
  if (synced_at !== null) return 'ok';
  return needs_account ? 'needs an account' : 'never synced';
};

const rowOf = (source: SourceView, context: Context): string[] => [
  source.name,
  source.cloud ?? '-',
  source.kind,
  String(source.offers),
  String(source.unranked),
  source.synced_at === null ? '-' : `${age(context.now() - source.synced_at)} ago`,
  source.as_of ?? '-',
  state(source),
];

export const pricingSources: Command = {
  path: ['pricing', 'sources'],
  summary: 'show where prices come from and how old they are',
  example: 'px pricing sources',
  details: 'UNRANKED rows have no price, one of zero or less, or one that is held back as a slip.',
  handler: async (parsed, context) => {
    noArguments(parsed);
    const client = await context.client();
    const { items } = await client.call('pricingSources');
    if (context.json) context.output.json(items);
    else {
      const rows = items.map((source) => rowOf(source, context));
      await printRows(context, { head: HEAD, rows }, items);
    }
    return 0;
  },
};
