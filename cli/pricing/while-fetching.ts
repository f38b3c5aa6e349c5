import type { Client } from '../../protocol/client.ts';
import type { Context } from '../context.ts';

/** 1.5 s: prices that are there are answered within a tenth of that. */
const QUIET_MS = 1500;

const tell = async (context: Context, client: Client, over: AbortSignal): Promise<void> => {
  await context.sleep(QUIET_MS, over);
  if (over.aborted) return;
  const { items } = await client.call('pricingSources', { signal: over });
  const names = items.filter(({ syncing }) => syncing).map(({ name }) => name);
  if (names.length === 0 || items.some(({ offers }) => offers > 0)) return;
  context.output.say(`There are no prices yet: fetching ${names.join(', ')}.`);
};

/** Waits for the answer to a question; the first one on an empty catalog says what it waits for. */
export const whileFetching = async <T>(
  context: Context,
  client: Client,
  answer: Promise<T>,
): Promise<T> => {
  const over = new AbortController();
  // The answer itself says what is wrong.
  void tell(context, client, over.signal).catch(() => undefined);
  try {
    return await answer;
  } finally {
    over.abort();
  }
};
