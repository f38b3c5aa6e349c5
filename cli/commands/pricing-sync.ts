import type { Client } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';
import { SyncEvent } from '../../protocol/messages/pricing.ts';
import { withAccount } from '../account/with-account.ts';
import { noArguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { namesOption } from '../pricing/query.ts';
import { createSyncProgress } from '../pricing/sync-progress.ts';
import { tellRestart } from '../pricing/words.ts';
import { insist } from '../server/insist.ts';
import { SIGNAL_STATUS } from '../signal-status.ts';

async function* linesOf(body: AsyncIterable<Uint8Array> | null): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body ?? []) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

type Signal = keyof typeof SIGNAL_STATUS;

type Request = { providers?: string[]; regions?: string[] };
type Failure = Extract<SyncEvent, { t: 'failed' }>;

/** What a sync came to. */
interface Outcome {
  offers: number;
  failures: Failure[];
}

const syncOnce = async (
  context: Context,
  client: Client,
  request: Request,
  signal: AbortSignal,
): Promise<Outcome> => {
  const progress = createSyncProgress(context.output);
  const outcome: Outcome = { offers: 0, failures: [] };
  const follow = async (headers: Record<string, string>): Promise<void> => {
    const response = await client.call('pricingSync', { json: request, headers, signal });
    for await (const line of linesOf(response.body)) {
      const event = SyncEvent.parse(JSON.parse(line));
      if (event.t === 'failed') outcome.failures.push(event);
      if (event.t === 'done') outcome.offers += event.offers;
      if (context.json) context.output.json(event);
      else await progress.show(event);
    }
  };
  try {
    await withAccount(context, follow);
  } finally {
    await progress.end();
  }
  return outcome;
};

const report = ({ offers, failures }: Outcome, request: Request, context: Context): number => {
  if (failures.length === 0 && offers === 0) {
    const names = request.regions?.join(', ') ?? '';
    throw new PxError('not_found', `No list has the region ${names}.`, {
      hint: 'Those of the catalog: px pricing regions',
    });
  }
  const [first] = failures;
  if (first !== undefined && !context.json && first.hint !== null) context.output.say(first.hint);
  return failures.length === 0 ? 0 : 125;
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
    const providers = namesOption(parsed, 'provider');
    const regions = namesOption(parsed, 'region');
    const request = {
      ...(providers === undefined ? {} : { providers: [...providers] }),
      ...(regions === undefined ? {} : { regions: [...regions] }),
    };
    const stop = new AbortController();
    const undo = context.onSignal((signal) => stop.abort(signal));
    try {
      // What was whole by the time that the control plane died is not read again.
      const outcome = await insist(
        context,
        (client) => syncOnce(context, client, request, stop.signal),
        { isOver: () => stop.signal.aborted, onLost: () => tellRestart(context) },
      );
      return report(outcome, request, context);
    } catch (cause) {
      if (!stop.signal.aborted) throw cause;
      context.output.say(
        'Ended. The catalog is as it was; px pricing sync goes on with what is missing.',
      );
      return SIGNAL_STATUS[stop.signal.reason as Signal];
    } finally {
      undo();
    }
  },
};
