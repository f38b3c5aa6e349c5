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

/** The same of an answer that says who asks has no right to it: trying again is no cure. */
export const sourceRefused = (where: string, what: string): PxError =>
  new PxError('price_source_failed', `The prices at ${where} could not be read: ${what}.`, {
    hint: AGAIN,
    details: { refused: true },
  });

/** Whether a failure is such a refusal. */
export const isRefused = (cause: unknown): boolean =>
  cause instanceof PxError && Object(cause.details).refused === true;

/** What lies at the bottom of an error: fetch says "fetch failed", its cause that it was cancelled. */
const innermost = (error: Error): Error =>
  error.cause instanceof Error ? innermost(error.cause) : error;

/** The message of an error and of what it stands for. */
export const wordsOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause);
  const inner = innermost(cause);
  const words = inner === cause ? cause.message : `${cause.message}: ${inner.message}`;
  return words.slice(0, WORDS_MAX_CHARS);
};

export const shorten = (text: string): string =>
  text.replaceAll(/\s+/g, ' ').trim().slice(0, WORDS_MAX_CHARS);
