import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import type { Client } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';
import { ImportQuery } from '../../protocol/messages/pricing.ts';
import { optionalArgument } from '../arguments.ts';
import type { Command, Parsed } from '../command.ts';
import type { Context } from '../context.ts';
import { plural } from '../output/units.ts';
import { tellRestart } from '../pricing/words.ts';
import { insist } from '../server/insist.ts';
import { typed } from '../typed.ts';

const WHAT_TO_NAME = 'Name a CSV file, plain or gzip, or - for stdin. Its columns: docs/pricing.md';

/** Anything that can be read to its end: a file, a pipe such as `<(cmd)`, /dev/stdin. */
const openFile = async (context: Context, word: string): Promise<Readable> => {
  const path = resolve(context.cwd, word);
  // It cannot be opened by its name where it is a socket.
  if (word === '-' || path === '/dev/stdin') return context.stdin;
  const found = await stat(path).catch(() => null);
  if (found === null) {
    throw new PxError('file_not_found', `There is no file ${word}.`, { hint: WHAT_TO_NAME });
  }
  if (found.isDirectory()) {
    throw new PxError('bad_request', `Expected a file, got the directory ${word}.`, {
      hint: WHAT_TO_NAME,
    });
  }
  try {
    return (await open(path)).createReadStream();
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new PxError('bad_request', `The file ${word} cannot be read: ${words}.`, { cause });
  }
};

/** What is wrong with the file, with the name that it was given by. */
const inFile = (word: string, cause: unknown): unknown => {
  if (!(cause instanceof PxError) || cause.code !== 'bad_input') return cause;
  const { code, message, hint } = cause;
  return new PxError(code, `${word}: ${message}`, { cause, ...(hint === null ? {} : { hint }) });
};

/** A regular file is there a second time. */
const canReadAgain = async (context: Context, word: string): Promise<boolean> => {
  const path = resolve(context.cwd, word);
  if (word === '-' || path === '/dev/stdin') return false;
  return (await stat(path).catch(() => null))?.isFile() === true;
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
    // What came through a pipe is gone.
    const again = await canReadAgain(context, word);
    const sent = again
      ? insist(context, send, { onLost: () => tellRestart(context) })
      : context.client().then(send);
    const reply = await sent.catch((cause: unknown) => {
      throw inFile(word, cause);
    });
    const { offers, repeated, without_price, replaced } = reply;
    const instead = replaced > 0 ? `, replacing ${plural(replaced, 'offer')}` : '';
    const extra = [
      ...(without_price > 0 ? [`${without_price} without a price`] : []),
      ...(repeated > 0 ? [`${plural(repeated, 'row')} came again, the last one stands`] : []),
    ].join('; ');
    if (context.json) context.output.json(reply);
    else {
      context.output.say(
        `Imported ${plural(offers, 'offer')} as [${reply.source}]${instead}${extra && `: ${extra}`}.`,
      );
    }
    return 0;
  },
};
