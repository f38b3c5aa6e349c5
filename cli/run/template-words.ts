import { toBase64, utf8 } from '../../protocol/bytes.ts';
import { PxError } from '../../protocol/errors.ts';
import type { Command } from '../../protocol/messages/jobs.ts';
import { shellQuote } from '../../protocol/quote.ts';
import { parseTemplate } from '../../protocol/template.ts';
import type { Parsed } from '../command.ts';
import type { CommandWords } from './command-words.ts';

export interface Templated {
  command: Command;
  /** The mark that stands for the line; null where the lines become arguments. */
  template: string | null;
}

const quoteText = (text: string): string => Buffer.from(shellQuote(utf8(text))).toString();

/** A word of an argv with its marks bare and everything else quoted: shell source of the same meaning. */
const markedWord = (word: string, marks: readonly string[]): string => {
  let source = '';
  let literal = '';
  for (let at = 0; at < word.length; ) {
    const mark = marks.find((candidate) => word.startsWith(candidate, at));
    if (mark === undefined) {
      literal += word.charAt(at);
      at += 1;
      continue;
    }
    source += (literal === '' ? '' : quoteText(literal)) + mark;
    literal = '';
    at += mark.length;
  }
  return source + (literal === '' && source !== '' ? '' : quoteText(literal));
};

/**
 * Finds the marks of a command whose lines are arguments.
 *
 * @throws PxError `bad_request` for a mark inside quotes, or one of `-I` that does not occur
 */
export const templateOf = (
  words: CommandWords,
  parsed: Pick<Parsed, 'value' | 'rest'>,
): Templated => {
  const given = parsed.value('replace');
  const mark = given ?? '{}';
  if (mark === '') {
    throw new PxError('bad_request', 'Expected a mark for -I, got an empty one.', {
      hint: "For example: px run -I @ 'gzip @' --args-file names.txt",
    });
  }
  const source =
    words.source ??
    (parsed.rest ?? [])
      .map((word) => markedWord(word, [mark, '{//}', '{/.}', '{.}', '{/}', '{#}']))
      .join(' ');
  if (parseTemplate(source, mark) !== null) {
    return { command: { kind: 'shell', source: toBase64(utf8(source)) }, template: mark };
  }
  if (given !== undefined) {
    throw new PxError('bad_request', `The mark ${given} of -I does not stand in the command.`, {
      hint: `Write ${given} where the line belongs.`,
    });
  }
  return { command: words.command, template: null };
};
