import type { Command, Option } from '../command.ts';
import type { CommandRow } from '../commands/registry.ts';
import { GLOBAL_OPTIONS } from '../global-options.ts';

/** What may stand in one place of a command line. */
export type Values =
  | { kind: 'words'; words: readonly string[] }
  | { kind: 'clusters' }
  | { kind: 'jobs' }
  | { kind: 'files' }
  | { kind: 'any' };

interface CompletedOption {
  option: Option;
  /** Null for a flag. */
  values: Values | null;
}

/** All that a shell has to know of one command. */
export interface CompletedCommand {
  path: readonly string[];
  summary: string;
  options: readonly CompletedOption[];
  argument: Values;
}

const FILE_VALUES = ['F', 'FILE'];

/** What an option takes, by the name of its value: `F` is a file, `a|b` one of these words. */
const valuesOf = ({ name, value }: Option): Values | null => {
  if (value === undefined) return null;
  if (name === 'cluster') return { kind: 'clusters' };
  if (FILE_VALUES.includes(value)) return { kind: 'files' };
  return value.includes('|') ? { kind: 'words', words: value.split('|') } : { kind: 'any' };
};

const argumentOf = ({ path, positionals = '' }: Command): Values => {
  if (/\bID\b/.test(positionals)) return { kind: 'jobs' };
  if (path[0] === 'cluster' && /\bNAME\b/.test(positionals)) return { kind: 'clusters' };
  return /^[a-z]+(\|[a-z]+)+$/.test(positionals)
    ? { kind: 'words', words: positionals.split('|') }
    : { kind: 'any' };
};

/** Every command with its options, loaded for once. */
export const completedCommands = async (
  rows: readonly CommandRow[],
): Promise<CompletedCommand[]> => {
  const commands = await Promise.all(rows.map((row) => row.load()));
  return commands.map((command) => ({
    path: command.path,
    summary: command.summary,
    options: [...(command.options ?? []), ...GLOBAL_OPTIONS].map((option) => ({
      option,
      values: valuesOf(option),
    })),
    argument: argumentOf(command),
  }));
};

/** One place where words of commands go on: `` → init, run, cluster …; `cluster` → up, ls … */
export interface CommandWords {
  path: string;
  words: readonly { word: string; summary: string }[];
}

/** The tree of command words, level by level. */
export const commandWords = (commands: readonly CompletedCommand[]): CommandWords[] => {
  const levels = new Map<string, Map<string, string>>();
  for (const { path, summary } of commands) {
    path.forEach((word, depth) => {
      const level = path.slice(0, depth).join(' ');
      const words = levels.get(level) ?? new Map<string, string>();
      const isLast = depth === path.length - 1;
      words.set(word, isLast ? summary : `${word} commands`);
      levels.set(level, words);
    });
  }
  return [...levels].map(([path, words]) => ({
    path,
    words: [...words].map(([word, summary]) => ({ word, summary })),
  }));
};
