import { PxError } from '../../../protocol/errors.ts';

/** A cloud's page can be long; its first words say what is wrong. */
const WORDS_MAX_CHARS = 300;

const AGAIN =
  'The catalog is as it was. Try again: px pricing sync; offline: px pricing import FILE.csv';

/** What a price list answered, in its own words. */
export const sourceFailed = (where: string, what: string, cause?: unknown): PxError =>
  new PxError('price_source_failed', `The prices at ${where} could not be read: ${what}.`, {
    hint: AGAIN,
    ...(cause === undefined ? {} : { cause }),
  });

/** The message of an error and of what it stands for: fetch says no more than "fetch failed". */
export const wordsOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause);
  const inner = cause.cause instanceof Error ? `: ${cause.cause.message}` : '';
  return `${cause.message}${inner}`.slice(0, WORDS_MAX_CHARS);
};

export const shorten = (text: string): string =>
  text.replaceAll(/\s+/g, ' ').trim().slice(0, WORDS_MAX_CHARS);
