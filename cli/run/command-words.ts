import { toBase64, utf8 } from '../../protocol/bytes.ts';
import { PxError } from '../../protocol/errors.ts';
import type { Command } from '../../protocol/messages/jobs.ts';
import { shellQuote } from '../../protocol/quote.ts';
import type { Parsed } from '../command.ts';
import { typed } from '../typed.ts';

/** The command as it is sent, and as people read it. */
export interface CommandWords {
  command: Command;
  text: string;
  /** The shell source; null for an argv. */
  source: string | null;
}

const SAFE_WORD = /^[A-Za-z0-9_@%+=:,./-]+$/;

const showWord = (word: string): string =>
  SAFE_WORD.test(word) ? word : Buffer.from(shellQuote(utf8(word))).toString();

/**
 * CMD is one shell string, or the words behind `--`.
 *
 * @throws PxError `bad_request`
 */
export const readCommand = (parsed: Pick<Parsed, 'positionals' | 'rest'>): CommandWords => {
  const [source, ...extra] = parsed.positionals;
  const example = "px run 'echo hello'";
  if (parsed.rest !== null && parsed.rest.length > 0) {
    if (source !== undefined) {
      throw new PxError(
        'bad_request',
        `Expected the command behind --, got ${typed(source)} before it.`,
        {
          hint: `Write px run -- ${parsed.rest.map(showWord).join(' ')}, or quote it all: ${example}`,
        },
      );
    }
    const words = parsed.rest.map((word) => toBase64(utf8(word)));
    return {
      command: { kind: 'argv', words },
      text: parsed.rest.map(showWord).join(' '),
      source: null,
    };
  }
  if (source === undefined || source.trim() === '') {
    throw new PxError('bad_request', 'Expected a command, got none.', { hint: `Type: ${example}` });
  }
  if (extra.length > 0) {
    throw new PxError('bad_request', `Expected one command, got ${extra.length + 1} words.`, {
      hint: `Quote it: px run ${showWord([source, ...extra].join(' '))}`,
    });
  }
  return { command: { kind: 'shell', source: toBase64(utf8(source)) }, text: source, source };
};
