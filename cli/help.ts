import type { Command, Option } from './command.ts';
import type { CommandRow } from './commands/registry.ts';
import { GLOBAL_OPTIONS } from './global-options.ts';

/** Columns of an option's name before its summary moves to the next line. */
const NAME_COLUMNS = 28;
/** Narrower than this, wrapping makes a help unreadable rather than fitting. */
const MIN_COLUMNS = 60;
const MAX_COLUMNS = 100;

/** `-n, --nodes N`, aligned whether or not there is a short form. */
export const optionName = ({ name, short, value }: Option): string =>
  `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;

const wrap = (text: string, width: number): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
};

const twoColumns = (
  name: string,
  summary: string,
  columns: number,
  nameColumns = NAME_COLUMNS,
): string[] => {
  const indent = ' '.repeat(nameColumns + 2);
  const wrapped = wrap(summary, columns - indent.length);
  const fits = name.length <= nameColumns - 2;
  const [first = '', ...rest] = wrapped;
  const head = fits ? [`  ${name.padEnd(nameColumns)}${first}`] : [`  ${name}`, indent + first];
  return [...head, ...rest.map((line) => indent + line)];
};

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', `${title}:`, ...lines];

const optionLines = (options: readonly Option[], columns: number): string[] =>
  options.flatMap((option) => {
    const many = option.many === true ? ' (may be repeated)' : '';
    return twoColumns(optionName(option), option.summary + many, columns);
  });

const clamp = (columns: number): number => Math.min(MAX_COLUMNS, Math.max(MIN_COLUMNS, columns));

/** `px cluster up [NAME] [OPTIONS]`. */
export const usageOf = (command: Command): string =>
  ['px', ...command.path, command.positionals, '[OPTIONS]']
    .filter((part) => part !== undefined && part !== '')
    .join(' ');

/** What `px job ls --help` prints. */
export const commandHelp = (command: Command, columns: number): string => {
  const width = clamp(columns);
  const details = command.details === undefined ? [] : ['', ...command.details.trim().split('\n')];
  const example = command.example.trim().split('\n');
  return `${[
    ...wrap(`${command.summary.charAt(0).toUpperCase()}${command.summary.slice(1)}.`, width),
    '',
    `Usage: ${usageOf(command)}`,
    ...section('Options', optionLines(command.options ?? [], width)),
    ...section('Options of every command', optionLines(GLOBAL_OPTIONS, width)),
    ...details,
    ...section(
      example.length > 1 ? 'Examples' : 'Example',
      example.map((line) => `  ${line}`),
    ),
  ].join('\n')}\n`;
};

/** Summaries of a group's commands. */
const below = (path: readonly string[], rows: readonly CommandRow[]): readonly CommandRow[] =>
  rows.filter((row) => path.every((word, index) => row.path[index] === word));

/** What `px job ls --help --json` prints. */
export const commandDocument = (command: Command) => ({
  path: command.path,
  summary: command.summary,
  usage: usageOf(command),
  options: command.options ?? [],
  globalOptions: GLOBAL_OPTIONS,
  ...(command.details === undefined ? {} : { details: command.details.trim() }),
  example: command.example.trim(),
});

/** What `px --help --json` and `px job --help --json` print. */
export const groupDocument = (path: readonly string[], rows: readonly CommandRow[]) => ({
  path,
  commands: below(path, rows).map((row) => ({ path: row.path, summary: row.summary })),
  globalOptions: GLOBAL_OPTIONS,
});

/** What `px --help` and `px job --help` print: one line a command. */
export const groupHelp = (
  path: readonly string[],
  rows: readonly CommandRow[],
  columns: number,
): string => {
  const width = clamp(columns);
  const name = ['px', ...path].join(' ');
  const shown = below(path, rows);
  const names = shown.map((row) => ['px', ...row.path].join(' '));
  const nameColumns = Math.max(...names.map((one) => one.length)) + 2;
  const lines = shown.flatMap((row, index) =>
    twoColumns(names[index] ?? '', row.summary, width, nameColumns),
  );
  const intro =
    path.length === 0 ? ['px takes working local code to a cluster within seconds.', ''] : [];
  return `${[
    ...intro,
    `Usage: ${name} ${path.length === 0 ? 'COMMAND' : 'VERB'} [OPTIONS]`,
    ...section('Commands', lines),
    '',
    `One command's options and an example: px COMMAND --help`,
  ].join('\n')}\n`;
};
