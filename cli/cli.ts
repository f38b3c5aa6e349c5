import { PxError } from '../protocol/errors.ts';
import type { Parsed } from './command.ts';
import { registry } from './commands/registry.ts';
import { createContext, type Surroundings } from './context.ts';
import { findCommand } from './find-command.ts';
import { GLOBAL_OPTIONS } from './global-options.ts';
import { createOutput, type FlushableOutput, type OutputOptions } from './output/create-output.ts';
import { isBrokenPipe, type Sink } from './output/sink.ts';
import { parseWords } from './parse.ts';
import { ERROR_STATUS, reportError } from './report-error.ts';
import { typed } from './typed.ts';

/** 128 + SIGPIPE: what a program ends with when its reader goes away. */
const BROKEN_PIPE_STATUS = 141;

/** Everything that a run of px gets from outside. */
interface CliParts extends Surroundings {
  stdout: Sink;
  stderr: Sink;
}

const COLORS = ['auto', 'always', 'never'] as const;

const colorOf = (parsed: Parsed): OutputOptions['color'] => {
  const value = parsed.value('color') ?? 'auto';
  const color = COLORS.find((known) => known === value);
  if (color !== undefined) return color;
  throw new PxError(
    'bad_request',
    `Expected --color to be auto, always or never, got ${typed(value)}.`,
  );
};

const outputOf = (parts: CliParts, parsed: Parsed | null): FlushableOutput =>
  createOutput({
    stdout: parts.stdout,
    stderr: parts.stderr,
    env: parts.env,
    quiet: parsed?.flag('quiet') ?? false,
    json: parsed?.flag('json') ?? false,
    verbose: parsed?.flag('verbose') ?? false,
    color: parsed === null ? 'auto' : colorOf(parsed),
  });

/** Whether errors are JSON before the words have been parsed, as they may be what is wrong. */
const wantsJson = (argv: readonly string[]): boolean => {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? argv.length : end).includes('--json');
};

const printHelp = async (
  output: FlushableOutput,
  parsed: Parsed,
  help: { text: string; document: object },
): Promise<number> => {
  if (parsed.flag('json')) output.json(help.document);
  else output.text(help.text);
  await output.flush();
  return 0;
};

const runGroup = async (
  path: readonly string[],
  args: readonly string[],
  parts: CliParts,
): Promise<number> => {
  const parsed = parseWords(args, GLOBAL_OPTIONS, ['px', ...path].join(' '));
  const output = outputOf(parts, parsed);
  const { groupDocument, groupHelp } = await import('./help.ts');
  if (parsed.flag('help') || path.length === 0) {
    const text = groupHelp(path, registry, output.columns);
    return printHelp(output, parsed, { text, document: groupDocument(path, registry) });
  }
  const rows = registry.filter((row) => path.every((word, index) => row.path[index] === word));
  const verbs = rows.map((row) => row.path.slice(path.length).join(' ')).join(', ');
  throw new PxError('bad_request', `Expected a verb after px ${path.join(' ')}: ${verbs}.`, {
    hint: `See: px ${path.join(' ')} --help`,
  });
};

const dispatch = async (
  argv: readonly string[],
  parts: CliParts,
  keep: (output: FlushableOutput) => void,
): Promise<number> => {
  const found = findCommand(argv, registry);
  if (found.kind === 'group') return runGroup(found.path, found.args, parts);
  const command = await found.row.load();
  const name = ['px', ...command.path].join(' ');
  const parsed = parseWords(found.args, [...(command.options ?? []), ...GLOBAL_OPTIONS], name);
  const output = outputOf(parts, parsed);
  keep(output);
  if (parsed.flag('help')) {
    const { commandDocument, commandHelp } = await import('./help.ts');
    const text = commandHelp(command, output.columns);
    return printHelp(output, parsed, { text, document: commandDocument(command) });
  }
  const context = createContext(parts, output, {
    json: parsed.flag('json'),
    yes: parsed.flag('yes'),
    context: parsed.value('context'),
  });
  const status = await command.handler(parsed, context);
  await output.flush();
  return status;
};

/**
 * Runs one px command and resolves to its exit status. Nothing that a user types throws: errors are
 * printed and become 125; a reader that went away is 141, without a word.
 */
export const runCli = async (argv: readonly string[], parts: CliParts): Promise<number> => {
  let output: FlushableOutput | null = null;
  try {
    return await dispatch(argv, parts, (made) => {
      output = made;
    });
  } catch (error) {
    if (isBrokenPipe(error)) return BROKEN_PIPE_STATUS;
    await reportError(error, output ?? outputOf(parts, null), wantsJson(argv));
    return ERROR_STATUS;
  }
};
