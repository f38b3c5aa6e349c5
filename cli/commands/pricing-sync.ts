import { PxError } from '../../protocol/errors.ts';
import { SyncEvent } from '../../protocol/messages/pricing.ts';
import { withAccount } from '../account/with-account.ts';
import { noArguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { createSyncProgress } from '../pricing/sync-progress.ts';

async function* linesOf(body: AsyncIterable<Uint8Array> | null): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body ?? []) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

const named = (values: readonly string[]): string[] | undefined => {
  const names = values.flatMap((value) => value.split(',')).filter((name) => name !== '');
  return names.length === 0 ? undefined : names;
};

export const pricingSync: Command = {
  path: ['pricing', 'sync'],
  summary: "fetch the clouds' price lists",
  options: [
    { name: 'provider', value: 'CLOUD', many: true, summary: 'gcp, aws, azure, digitalocean' },
    { name: 'region', value: 'REGION', many: true, summary: 'regions, us, eu or asia' },
  ],
  example: 'px pricing sync --provider aws,gcp --region us-east-1,us-central1',
  details:
    'A failed or interrupted sync leaves the catalog as it was, and the next one goes on with what\nis missing. The list of AWS has hundreds of megabytes for each region: name those you need.\nThe control plane refreshes what was synced before when it is a day old.',
  handler: async (parsed, context) => {
    noArguments(parsed);
    const { output } = context;
    const client = await context.client();
    const stop = new AbortController();
    const undo = context.onSignal(() =>
      stop.abort(new PxError('unavailable', 'The sync was ended.')),
    );
    const progress = createSyncProgress(output);
    let offers = 0;
    const failures: Extract<SyncEvent, { t: 'failed' }>[] = [];
    const providers = named(parsed.values('provider'));
    const regions = named(parsed.values('region'));
    const request = {
      ...(providers === undefined ? {} : { providers }),
      ...(regions === undefined ? {} : { regions }),
    };
    try {
      await withAccount(context, async (headers) => {
        const call = { json: request, headers, signal: stop.signal };
        const response = await client.call('pricingSync', call);
        for await (const line of linesOf(response.body)) {
          const event = SyncEvent.parse(JSON.parse(line));
          if (event.t === 'failed') failures.push(event);
          if (event.t === 'done') offers += event.offers;
          if (context.json) output.json(event);
          else await progress.show(event);
        }
      });
    } finally {
      await progress.end();
      undo();
    }
    if (failures.length === 0 && offers === 0) {
      throw new PxError('not_found', `No list has the region ${regions?.join(', ') ?? ''}.`, {
        hint: 'Those of the catalog: px pricing regions',
      });
    }
    const [first] = failures;
    if (first !== undefined && !context.json && first.hint !== null) output.say(first.hint);
    return failures.length === 0 ? 0 : 125;
  },
};
