import { availableParallelism } from 'node:os';
import { LOCAL_CLUSTER } from '../../protocol/ids.ts';
import type { Cut } from '../../protocol/messages/jobs.ts';
import { rawToText } from '../bundle/raw-path.ts';
import type { Context } from '../context.ts';
import { plural, size } from '../output/units.ts';
import { chooseCut } from './flags.ts';
import { type InputChoice, STDIN } from './input-choice.ts';
import { openInput } from './input-source.ts';
import { bundleOf, type Decided, type Plan, tellLeftOut } from './plan.ts';
import { prescan } from './prescan.ts';
import { isEmptyFile, mayHoldInput, type Stdin } from './stdin.ts';

/** What a real run would take for its input; whether a pipe holds anything is known only by reading it. */
const planned = (input: InputChoice, stdin: Stdin): Decided['input'] => {
  if (input.kind !== 'maybe-stdin') return input;
  return mayHoldInput(stdin) && !isEmptyFile(stdin)
    ? { kind: 'stdin', file: STDIN }
    : { kind: 'none' };
};

const inputWords = (input: Decided['input'], lines: number | null, isAsked: boolean): string => {
  const counted = lines === null ? '' : `, ${plural(lines, 'line')}`;
  switch (input.kind) {
    case 'args':
      return `lines of ${input.file} as arguments${counted}`;
    case 'stdin':
      if (!isAsked) return 'lines of stdin; where it holds nothing, none';
      return `lines of ${input.file === STDIN ? 'stdin' : input.file} on stdin${counted}`;
    case 'files':
      return `files that match ${input.glob} on a node, as arguments`;
    case 'none':
      return 'none';
  }
};

const cutWords = (cut: Cut): string => {
  switch (cut.mode) {
    case 'static':
      return 'static: dealt out at submit';
    case 'batch':
      return `batch: every ${plural(cut.size, 'consecutive line')}`;
    case 'auto':
      return 'auto: consecutive blocks, as slots come free';
  }
};

/** Partitions as far as they can be known here; null where they cannot. */
const partitionsOf = (cut: Cut, lines: number | null, parallel: number | null): number | null => {
  if (lines === null || cut.mode === 'auto') return null;
  if (cut.mode === 'batch') return Math.ceil(lines / cut.size);
  return parallel === null ? null : Math.min(parallel, lines);
};

/** Lines of an input that can be read twice. */
const linesOf = async (input: Decided['input'], context: Context): Promise<number | null> => {
  if ((input.kind !== 'args' && input.kind !== 'stdin') || input.file === STDIN) return null;
  const source = await openInput(`${input.kind}-file`, input.file, context.cwd);
  await source.close();
  if (source.path === null || input.kind !== 'args') return null;
  return (await prescan(source.path, input.separator)).lines;
};

/** Shows what would travel, how the input would be cut and what would run; asks nobody. */
export const dryRun = async (plan: Plan, context: Context): Promise<number> => {
  const { output } = context;
  const bundle = await bundleOf(plan, context);
  const input = planned(plan.input, context.stdin as Stdin);
  const lines = await linesOf(input, context);
  const { kind } = input;
  const cut = chooseCut(plan.flags, { kind, template: plan.templated.template !== null });
  const cluster =
    plan.cluster ?? (plan.project.config.cluster === undefined ? LOCAL_CLUSTER : null);
  const slots = cluster === LOCAL_CLUSTER ? availableParallelism() : null;
  const parallel = kind === 'none' ? (plan.flags.parallel ?? 1) : (plan.flags.parallel ?? slots);
  const partitions = kind === 'none' ? parallel : partitionsOf(cut, lines, parallel);
  if (context.json) {
    const files = bundle.files.map((file) => ({ path: rawToText(file.path), bytes: file.size }));
    output.json({
      bundle: {
        id: bundle.id,
        bytes: bundle.bytes,
        files,
        withheld: bundle.withheld.map(rawToText),
      },
      ...{ command: plan.words.text, cluster, input, lines, cut, parallel, partitions },
    });
    return 0;
  }
  const rows = [
    ...bundle.files.map((file) => [rawToText(file.path), size(file.size)]),
    ...bundle.links.map((link) => [rawToText(link.path), `-> ${rawToText(link.target)}`]),
  ];
  output.table(['FILE', 'SIZE'], rows);
  tellLeftOut(bundle, context);
  output.say(`Bundle: ${plural(bundle.files.length, 'file')}, ${size(bundle.bytes)}.`);
  output.say(`Input: ${inputWords(input, lines, plan.input.kind !== 'maybe-stdin')}.`);
  output.say(
    `Cut: ${cutWords(cut)}${partitions === null ? '' : `; ${plural(partitions, 'partition')}`}.`,
  );
  const at =
    parallel === null ? 'as many at a time as it has slots' : `at most ${parallel} at a time`;
  output.say(`Plan: '${plan.words.text}' on ${cluster ?? 'the only cluster that is up'}, ${at}.`);
  output.say('Nothing was touched. To run it, leave --dry-run out.');
  return 0;
};
