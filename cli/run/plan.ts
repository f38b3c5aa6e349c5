import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { PxError } from '../../protocol/errors.ts';
import { type Bundle, makeBundle } from '../bundle/bundle.ts';
import { type RawPath, rawToText } from '../bundle/raw-path.ts';
import type { Parsed } from '../command.ts';
import type { Context } from '../context.ts';
import { plural } from '../output/units.ts';
import type { Project } from '../project.ts';
import { namedCluster } from './choose-cluster.ts';
import { type CommandWords, readCommand } from './command-words.ts';
import { envFlags } from './flag-values.ts';
import { type RunFlags, readFlags } from './flags.ts';
import { chooseInput, type InputChoice, STDIN } from './input-choice.ts';
import { type InputSource, openInput } from './input-source.ts';
import { mayHoldInput, type Stdin, stdinIfAny, wholeStdin } from './stdin.ts';
import { type Templated, templateOf } from './template-words.ts';

/** What the words of a `px run` mean, before anything is asked or sent. */
export interface Plan {
  project: Project;
  flags: RunFlags;
  words: CommandWords;
  templated: Templated;
  input: InputChoice;
  /** `-n` as it was typed: it wants lines, where px.yaml's `batch` waits for a run that has some. */
  batch: string | undefined;
  /** The cluster that is named; null leaves the choice to chooseCluster. */
  cluster: string | null;
}

const refuseBatchOfNothing = (batch: string | undefined): void => {
  if (batch === undefined) return;
  throw new PxError('bad_request', `Expected lines for -n ${batch} to cut, got no input.`, {
    hint: 'Name them: --args-file F, --files GLOB or --stdin. For several processes without input: -p N',
  });
};

/** A program that wrote to a mount which is not there would write to the node's own disk. */
const refuseMounts = ({ config }: Project): void => {
  const [mount] = Object.keys(config.mounts ?? {});
  if (mount === undefined) return;
  throw new PxError(
    'unsupported',
    `This version cannot mount anything yet: px.yaml mounts ${mount}.`,
    {
      hint: 'Leave the mounts out, and fetch the files in setup: or in the command itself.',
    },
  );
};

/** Whether it is known before anything is opened. */
const hasNoLines = (input: InputChoice, context: Context): boolean =>
  input.kind === 'none' || (input.kind === 'maybe-stdin' && !mayHoldInput(context.stdin as Stdin));

/**
 * Reads words and px.yaml.
 *
 * @throws PxError that names what was expected and what was found
 */
export const makePlan = async (parsed: Parsed, context: Context): Promise<Plan> => {
  const project = await context.project();
  refuseMounts(project);
  const run = project.config.run ?? {};
  const typed = readFlags(parsed, run);
  const { joblog } = typed;
  const flags = { ...typed, joblog: joblog === undefined ? joblog : resolve(context.cwd, joblog) };
  // Looked at before anything starts; the values are taken at the submit.
  envFlags(flags.env, context.env);
  const words = readCommand(parsed);
  const input = chooseInput(parsed, run);
  if (parsed.flag('null') && input.kind !== 'args') {
    throw new PxError('bad_request', 'Expected an args file for -0, got none.', {
      hint: 'Name it: --args-file F, where F may be - for stdin',
    });
  }
  const hasLines = input.kind === 'args' || input.kind === 'files';
  if (!hasLines && parsed.value('replace') !== undefined) {
    throw new PxError('bad_request', 'Expected lines for the mark of -I, got none.', {
      hint: 'Name them: --args-file F, or --files GLOB',
    });
  }
  if (flags.resume && flags.joblog === undefined) {
    throw new PxError('bad_request', 'Expected a joblog to resume from, got none.', {
      hint: 'Name the one of the earlier run: --joblog F --resume',
    });
  }
  const batch = parsed.value('batch');
  if (batch !== undefined && hasNoLines(input, context)) refuseBatchOfNothing(batch);
  const templated = hasLines
    ? templateOf(words, parsed)
    : { command: words.command, template: null };
  const cluster = namedCluster(flags.cluster, context.env, project.config);
  return { project, flags, words, templated, input, cluster, batch };
};

/** The input that is decided, and its bytes. */
export interface Decided {
  input: Exclude<InputChoice, { kind: 'maybe-stdin' }>;
  source: InputSource | null;
}

const sourceOf = (file: string, flag: string, context: Context): Promise<InputSource> =>
  file === STDIN
    ? Promise.resolve(wholeStdin(context.stdin as Stdin))
    : openInput(flag, file, context.cwd);

/**
 * Opens the input. Stdin that nobody asked for is waited for until its first byte.
 *
 * @throws PxError `file_not_found`, `bad_input`; `bad_request` where `-n` got no lines to cut
 */
export const openChosen = async (
  { input, batch }: Pick<Plan, 'input' | 'batch'>,
  context: Context,
): Promise<Decided> => {
  switch (input.kind) {
    case 'args':
      return { input, source: await sourceOf(input.file, 'args-file', context) };
    case 'stdin':
      return { input, source: await sourceOf(input.file, 'stdin-file', context) };
    case 'maybe-stdin': {
      const stdin = context.stdin as Stdin;
      const source = mayHoldInput(stdin)
        ? await stdinIfAny(stdin, context.sleep, (text) => context.output.say(text))
        : null;
      if (source !== null) return { input: { kind: 'stdin', file: STDIN }, source };
      refuseBatchOfNothing(batch);
      return { input: { kind: 'none' }, source };
    }
    default:
      return { input, source: null };
  }
};

/** Takes the snapshot of the project as the flags say. */
export const bundleOf = (
  plan: Plan,
  context: Context,
  distrust?: ReadonlySet<RawPath>,
): Promise<Bundle> =>
  makeBundle({
    project: plan.project,
    env: context.env,
    home: context.env.HOME ?? homedir(),
    pxHome: context.home,
    now: () => context.now(),
    ...(plan.flags.bundleLimit === undefined ? {} : { limitBytes: plan.flags.bundleLimit }),
    ...(distrust === undefined ? {} : { distrust }),
  });

/** Says what stays at home though it lies in the project. */
export const tellLeftOut = (bundle: Bundle, context: Context): void => {
  const names = (paths: readonly RawPath[]): string => {
    const shown = paths.slice(0, 5).map(rawToText).join(', ');
    return paths.length > 5 ? `${shown} …` : shown;
  };
  const { withheld, skipped } = bundle;
  if (withheld.length > 0) {
    context.output.say(
      `Left out ${plural(withheld.length, 'credential file')}: ${names(withheld)}. To ship one, name it under include: in px.yaml.`,
    );
  }
  if (skipped.length > 0) {
    context.output.say(`Left out what is no file: ${names(skipped)}`);
  }
};
