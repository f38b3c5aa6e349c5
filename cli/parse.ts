import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { PxError } from '../protocol/errors.ts';
import type { Option, Parsed } from './command.ts';
import { nearest } from './nearest.ts';
import { typed } from './typed.ts';

const configOf = (options: readonly Option[]): ParseArgsOptionsConfig =>
  Object.fromEntries(
    options.map(({ name, short, value }) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        multiple: true,
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );

const tokensOf = (args: readonly string[], options: readonly Option[]) =>
  parseArgs({
    args: [...args],
    options: configOf(options),
    allowPositionals: true,
    // It would refuse too, but without the word that was meant: the checks below say it.
    strict: false,
    tokens: true,
  }).tokens;

type OptionToken = Extract<ReturnType<typeof tokensOf>[number], { kind: 'option' }>;

const unknownOption = (rawName: string, options: readonly Option[], help: string): PxError => {
  const meant = rawName.startsWith('--')
    ? nearest(
        rawName.slice(2),
        options.map(({ name }) => name),
      )
    : null;
  const suggestion = meant === null ? '' : `Did you mean --${meant}? `;
  return new PxError('bad_request', `Unknown option ${rawName}.`, {
    hint: `${suggestion}See: ${help} --help`,
  });
};

/** The value of one option as it stands; throws where it lacks one, or has one that it cannot take. */
const checkedValue = (token: OptionToken, option: Option, help: string): string => {
  const { rawName, value, inlineValue } = token;
  if (option.value === undefined) {
    if (value === undefined) return '';
    throw new PxError('bad_request', `Expected no value for ${rawName}, got ${typed(value)}.`, {
      hint: `See: ${help} --help`,
    });
  }
  const expected = `Expected a value after ${rawName} (${option.value})`;
  if (value === undefined) {
    throw new PxError('bad_request', `${expected}, got nothing.`, { hint: `See: ${help} --help` });
  }
  // `-` alone is stdin; anything else with a dash in front is more likely the next option.
  if (inlineValue !== true && value.length > 1 && value.startsWith('-')) {
    throw new PxError('bad_request', `${expected}, got ${typed(value)}.`, {
      hint: `If that is meant, write: --${option.name}=${value}`,
    });
  }
  return value;
};

/**
 * Parses the words behind a command. Short options cluster (`-qv`, `-n5`), `--opt=value` works, and
 * everything behind `--` is the rest. Values stay text: `007` is `007`.
 *
 * @param help the command as typed, for hints: `px job ls`
 * @throws PxError `bad_request` on an option that is unknown, lacks its value, or takes none
 */
export const parseWords = (
  args: readonly string[],
  options: readonly Option[],
  help: string,
): Parsed => {
  const byName = new Map(options.map((option) => [option.name, option]));
  const found = new Map<string, string[]>();
  const positionals: string[] = [];
  let restAt: number | null = null;
  for (const token of tokensOf(args, options)) {
    if (token.kind === 'option-terminator') restAt = token.index + 1;
    else if (token.kind === 'positional') {
      if (restAt === null) positionals.push(token.value);
    } else {
      const option = byName.get(token.name);
      if (option === undefined) throw unknownOption(token.rawName, options, help);
      const value = checkedValue(token, option, help);
      found.set(option.name, [...(found.get(option.name) ?? []), value]);
    }
  }
  return {
    positionals,
    rest: restAt === null ? null : args.slice(restAt),
    flag: (name) => found.has(name),
    value: (name) => found.get(name)?.at(-1),
    values: (name) => found.get(name) ?? [],
  };
};
