import * as z from 'zod';
import { PxError } from '../../protocol/errors.ts';
import { canAsk, confirm } from '../confirm.ts';
import type { Context } from '../context.ts';

const Price = z.object({ usdPerHour: z.number() });

/** What the cluster costs an hour, if somebody says that this is meant. */
export const agreedPrice = async (context: Context, error: unknown): Promise<number | null> => {
  if (!(error instanceof PxError) || error.code !== 'needs_agreement') return null;
  const price = Price.safeParse(error.details);
  if (!price.success) return null;
  if (canAsk(context)) context.output.say(error.message);
  return (await confirm(context, 'Is that meant?')) ? price.data.usdPerHour : null;
};
