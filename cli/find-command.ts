import { PxError } from '../protocol/errors.ts';
import { PLANNED } from './commands/planned.ts';
import type { CommandRow } from './commands/registry.ts';
import { GLOBAL_OPTIONS } from './global-options.ts';
import { nearest } from './nearest.ts';
import { parseWords } from './parse.ts';

/** Which command the words name, and what is left for its own parser. */
type Found =
  | { kind: 'command'; row: CommandRow; args: readonly string[] }
  /** `px`, `px job`, `px help job`: the rows below it. */
  | { kind: 'group'; path: readonly string[]; args: readonly string[] };

/** How many words the global option at `index` takes; throws on one that is not global. */
const globalOptionWords = (argv: readonly string[], index: number): number => {
  const word = argv[index] ?? '';
  const takesValue = GLOBAL_OPTIONS.some(
    ({ name, value }) => value !== undefined && word === `--${name}`,
  );
  parseWords(argv.slice(index, index + (takesValue ? 2 : 1)), GLOBAL_OPTIONS, 'px');
  return takesValue ? 2 : 1;
};

const startsWith = (row: CommandRow, path: readonly string[]): boolean =>
  path.every((word, index) => row.path[index] === word);

/** `px logs` was meant as `px job logs`: commands whose last word it is. */
const endingIn = (word: string, rows: readonly CommandRow[]): string[] =>
  rows.filter(({ path }) => path.at(-1) === word).map(({ path }) => ['px', ...path].join(' '));

const unknownCommand = (
  word: string,
  path: readonly string[],
  rows: readonly CommandRow[],
): PxError => {
  const siblings = rows.filter((row) => startsWith(row, path)).map((row) => row.path[path.length]);
  const words = [...new Set(siblings.filter((sibling) => sibling !== undefined))];
  const group = ['px', ...path].join(' ');
  if (PLANNED.includes([...path, word].join(' '))) {
    return new PxError('unsupported', `${group} ${word} is not in this version of px yet.`, {
      hint: `See what is: ${group} --help`,
    });
  }
  const meant = nearest(word, words);
  const near = meant === null ? [] : [`${group} ${meant}`];
  const whole = path.length === 0 ? endingIn(word, rows) : [];
  const meantAll = (whole.length > 0 ? whole : near).join(', ');
  const suggestion = meantAll === '' ? '' : `Did you mean ${meantAll}? `;
  return new PxError('bad_request', `Unknown command: ${group} ${word}`, {
    hint: `${suggestion}See: ${group} --help`,
  });
};

/**
 * Finds the command in argv. Global options may stand before and between its words.
 *
 * @throws PxError `bad_request` with the nearest command that exists
 */
export const findCommand = (argv: readonly string[], rows: readonly CommandRow[]): Found => {
  const path: string[] = [];
  const skipped: string[] = [];
  for (let at = 0; at < argv.length; ) {
    const word = argv[at] ?? '';
    if (word.startsWith('-') && word !== '-') {
      if (word === '--') break;
      if (word === '--version' && path.length === 0) {
        return findCommand(['version', ...skipped, ...argv.slice(at + 1)], rows);
      }
      const words = globalOptionWords(argv, at);
      skipped.push(...argv.slice(at, at + words));
      at += words;
      continue;
    }
    if (word === 'help' && path.length === 0) {
      skipped.push('--help');
    } else {
      if (!rows.some((row) => startsWith(row, [...path, word]))) {
        throw unknownCommand(word, path, rows);
      }
      path.push(word);
    }
    at += 1;
    const row = rows.find(
      (candidate) => candidate.path.length === path.length && startsWith(candidate, path),
    );
    if (row !== undefined) return { kind: 'command', row, args: [...skipped, ...argv.slice(at)] };
  }
  return { kind: 'group', path, args: skipped };
};
