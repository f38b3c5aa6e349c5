import { PxError } from '../protocol/errors.ts';
import type { FlushableOutput } from './output/create-output.ts';

/** The status of every error that px itself meets. */
export const ERROR_STATUS = 125;

/** 300 characters: enough to recognise a bug by, short enough for one line of a terminal or two. */
const BUG_MAX_CHARS = 300;

const asBug = (error: unknown): PxError => {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const line = text.replaceAll(/\s+/g, ' ').slice(0, BUG_MAX_CHARS);
  return new PxError('internal', `px met a bug of its own: ${line}`, {
    hint: 'Please report it to the maintainers of @px-cloud/px, with what the same command prints under -v.',
    cause: error,
  });
};

/** What is behind an error: the stacks of a bug; of what is expected the words alone. */
const causesOf = (error: unknown): string[] => {
  const isExpected = error instanceof PxError && error.code !== 'internal';
  const lines: string[] = [];
  const first = isExpected ? error.cause : error;
  for (let at = first; at instanceof Error && lines.length < 10; at = at.cause) {
    lines.push(isExpected ? `Because: ${at.message}` : (at.stack ?? at.message));
  }
  return lines;
};

/**
 * Prints an error on stderr: its message and its hint, or `{"error": {code, message, hint}}` as one
 * line of JSON. stdout carries data alone, so that it stays parseable.
 */
export const reportError = async (
  error: unknown,
  output: FlushableOutput,
  json: boolean,
): Promise<void> => {
  const shown = error instanceof PxError ? error : asBug(error);
  if (json) {
    await output.write(2, Buffer.from(`${JSON.stringify(shown.toBody())}\n`)).catch(() => {});
    return;
  }
  output.error(shown.message);
  if (shown.hint !== null) output.warn(shown.hint);
  for (const stack of causesOf(error)) output.detail(stack);
  // A broken stdout is no second error.
  await output.flush().catch(() => {});
};
