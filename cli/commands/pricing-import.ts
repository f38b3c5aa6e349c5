import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import type { Client } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';
import { ImportQuery } from '../../protocol/messages/pricing.ts';
import { optionalArgument } from '../arguments.ts';
import type { Command, Parsed } from '../command.ts';
import type { Context } from '../context.ts';
import { plural } from '../output/units.ts';
import { withRestarts } from '../pricing/with-restarts.ts';
import { typed } from '../typed.ts';

const openFile = async (context: Context, word: string): Promise<Readable> => {
  if (word === '-') return context.stdin;
  const path = resolve(context.cwd, word);
  const found = await stat(path).catch(() => null);
  if (found?.isFile() === true) return createReadStream(path);
  throw new PxError('file_not_found', `There is no file ${word}.`, {
    hint: 'Name a CSV file, plain or gzip, or - for stdin. Its columns: docs/pricing.md',
  });
};

const sourceOption = (parsed: Parsed): string | undefined => {
  const name = parsed.value('source');
  if (ImportQuery.shape.source.safeParse(name).success) return name;
  throw new PxError(
    'bad_request',
    `Expected --source to be a name like contract-2026, got ${typed(name ?? '')}.`,
    { hint: 'Lower-case letters, digits, dots, dashes and underscores, at most 64.' },
  );
};

export const pricingImport: Command = {
  path: ['pricing', 'import'],
  summary: 'import offers from a CSV file, plain or gzip',
  positionals: 'FILE',
  options: [
    {
      name: 'source',
      value: 'NAME',
      summary: 'keep them apart under this name (default: import)',
    },
  ],
  example: 'px pricing import examples/pricing/offers.csv',
  details:
    'For negotiated prices and for machines without a network. An import replaces what was imported\nunder the same name, and beats what the lists of the clouds say of the same offer.',
  handler: async (parsed, context) => {
    const word = optionalArgument(parsed);
    if (word === undefined) {
      throw new PxError('bad_request', 'Expected a file, got nothing.', {
        hint: 'px pricing import examples/pricing/offers.csv',
      });
    }
    const source = sourceOption(parsed);
    const send = async (client: Client) => {
      const bytes = Readable.toWeb(await openFile(context, word)) as ReadableStream<Uint8Array>;
      return await client.call('pricingImport', { query: { source }, bytes });
    };
    // What came over stdin is gone.
    const reply = await (word === '-' ? context.client().then(send) : withRestarts(context, send));
    const { offers, repeated, without_price } = reply;
    const extra = [
      ...(without_price > 0 ? [`${without_price} without a price`] : []),
      ...(repeated > 0 ? [`${plural(repeated, 'row')} came again, the last one stands`] : []),
    ].join('; ');
    if (context.json) context.output.json(reply);
    else {
      context.output.say(
        `Imported ${plural(offers, 'offer')} as [${reply.source}]${extra && `: ${extra}`}.`,
      );
    }
    return 0;
  },
};
