import type { Context } from 'hono';
import { PxError } from '../../protocol/errors.ts';
import { translate } from '../failures.ts';
import type { Log } from '../log.ts';

/** Answers every failure as `{error: {code, message, hint}}`. A bare Error is a bug: logged, not shown. */
export const answerError = (log: Log, error: unknown, context: Context): Response => {
  const known = translate(error);
  if (known instanceof PxError) {
    const cause = known.cause instanceof Error ? { cause: known.cause.message } : {};
    if (known.status >= 500) log.warn(known.message, { code: known.code, ...cause });
    return context.json(known.toBody(), known.status);
  }
  const { method, path } = context.req;
  const stack = error instanceof Error ? error.stack : String(error);
  log.error('A request failed by a bug.', { method, path, stack });
  const bug = new PxError('internal', 'The control plane failed by a bug of its own.', {
    hint: 'The log says more: px server status shows where it is.',
  });
  return context.json(bug.toBody(), bug.status);
};
