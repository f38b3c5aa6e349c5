import { relative } from 'node:path';
import { toBase64, utf8 } from '../../protocol/bytes.ts';
import type { JobInput, JobSpec } from '../../protocol/messages/jobs.ts';
import type { Project } from '../project.ts';
import { envName } from './flag-values.ts';
import { chooseCut, type RunFlags } from './flags.ts';
import type { InputChoice } from './input-choice.ts';
import type { Templated } from './template-words.ts';

interface SpecParts {
  project: Project;
  cwd: string;
  flags: RunFlags;
  /** Decided: stdin is input or it is not. */
  input: Exclude<InputChoice, { kind: 'maybe-stdin' }>;
  words: Templated;
  bundle: string;
  resume: JobSpec['resume'];
}

const inputOf = (input: SpecParts['input'], template: string | null): JobInput => {
  switch (input.kind) {
    case 'args':
      return { kind: 'args', separator: input.separator, template };
    case 'files':
      return { kind: 'files', glob: toBase64(utf8(input.glob)), template };
    default:
      return { kind: input.kind };
  }
};

/** Where in the bundle the processes start: the folder that the command was typed in. */
const workdirOf = (root: string, cwd: string): string => {
  const path = relative(root, cwd);
  return path.startsWith('..') ? '' : toBase64(utf8(path));
};

/** Everything about the job but its environment and its input's bytes. */
export const makeSpec = ({
  project,
  cwd,
  flags,
  input,
  words,
  bundle,
  resume,
}: SpecParts): JobSpec => ({
  name: flags.name,
  command: words.command,
  bundle,
  workdir: workdirOf(project.root, cwd),
  input: inputOf(input, words.template),
  cut: chooseCut(flags, { kind: input.kind, template: words.template !== null }),
  order: flags.order,
  parallel: flags.parallel,
  limits: flags.limits,
  collect: [...(project.config.collect ?? []), ...flags.collect],
  setup: project.config.setup ?? null,
  everyNode: false,
  attached: !flags.detach,
  envNames: flags.env.map(envName),
  secretNames: [...(project.config.secrets ?? [])],
  resume,
});
