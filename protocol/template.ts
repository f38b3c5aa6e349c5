import { concat, utf8 } from './bytes.ts';
import { PxError } from './errors.ts';
import { shellQuote } from './quote.ts';

/** What a mark in CMD stands for, as in GNU parallel: `{}` `{.}` `{/}` `{//}` `{/.}` `{#}`. */
type Mark = 'line' | 'noExtension' | 'baseName' | 'dirName' | 'baseNoExtension' | 'number';

/** CMD cut at its marks; a literal stays shell source, a mark becomes one quoted word. */
export type Template = readonly (Uint8Array | Mark)[];

const MARKS: readonly (readonly [string, Mark])[] = [
  ['{//}', 'dirName'],
  ['{/.}', 'baseNoExtension'],
  ['{.}', 'noExtension'],
  ['{/}', 'baseName'],
  ['{#}', 'number'],
];

type Quoting = 'none' | 'single' | 'double';

const nextQuoting = (quoting: Quoting, char: string): Quoting => {
  if (char === "'" && quoting !== 'double') return quoting === 'single' ? 'none' : 'single';
  if (char === '"' && quoting !== 'single') return quoting === 'double' ? 'none' : 'double';
  return quoting;
};

const inQuotes = (mark: string): PxError =>
  new PxError('bad_request', `The mark ${mark} stands inside quotes in the command.`, {
    hint: `px quotes the line itself: write ${mark} bare, or choose another mark with -I.`,
  });

/**
 * Cuts CMD at its marks. Returns null where it has none, so that the lines become arguments.
 *
 * @param lineMark what stands for the whole line: `{}` or the STR of `-I`
 * @throws PxError `bad_request` where a mark stands inside quotes
 */
export const parseTemplate = (command: string, lineMark = '{}'): Template | null => {
  const marks = [[lineMark, 'line'] as const, ...MARKS];
  const parts: (Uint8Array | Mark)[] = [];
  let quoting: Quoting = 'none';
  let literal = '';
  for (let at = 0; at < command.length; ) {
    const found = marks.find(([text]) => command.startsWith(text, at));
    if (found !== undefined) {
      if (quoting !== 'none') throw inQuotes(found[0]);
      if (literal !== '') parts.push(utf8(literal));
      parts.push(found[1]);
      literal = '';
      at += found[0].length;
      continue;
    }
    const char = command.charAt(at);
    const escaped = char === '\\' && quoting !== 'single';
    literal += escaped ? command.slice(at, at + 2) : char;
    quoting = nextQuoting(quoting, char);
    at += escaped ? 2 : 1;
  }
  if (parts.length === 0) return null;
  return literal === '' ? parts : [...parts, utf8(literal)];
};

const SLASH = 0x2f;
const DOT = 0x2e;

const baseOf = (line: Uint8Array): Uint8Array => line.subarray(line.lastIndexOf(SLASH) + 1);

const dirOf = (line: Uint8Array): Uint8Array => {
  const slash = line.lastIndexOf(SLASH);
  if (slash === -1) return utf8('.');
  return slash === 0 ? line.subarray(0, 1) : line.subarray(0, slash);
};

/** Drops the last extension; a dot inside a folder's name is none. */
const withoutExtension = (line: Uint8Array): Uint8Array => {
  const dot = line.lastIndexOf(DOT);
  return dot > line.lastIndexOf(SLASH) ? line.subarray(0, dot) : line;
};

const wordOf = (mark: Mark, line: Uint8Array, number: number): Uint8Array => {
  switch (mark) {
    case 'line':
      return line;
    case 'noExtension':
      return withoutExtension(line);
    case 'baseName':
      return baseOf(line);
    case 'dirName':
      return dirOf(line);
    case 'baseNoExtension':
      return withoutExtension(baseOf(line));
    case 'number':
      return utf8(String(number));
  }
};

/**
 * The shell source of one invocation.
 *
 * @param line the input line, any bytes but NUL
 * @param number the line's number in the whole input, from 1
 */
export const fillTemplate = (template: Template, line: Uint8Array, number: number): Uint8Array =>
  concat(
    template.map((part) =>
      typeof part === 'string' ? shellQuote(wordOf(part, line, number)) : part,
    ),
  );
