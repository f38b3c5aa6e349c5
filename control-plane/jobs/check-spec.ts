import { fromBase64, show, utf8 } from '../../protocol/bytes.ts';
import { got, PxError } from '../../protocol/errors.ts';
import type { JobEnv, JobSpec } from '../../protocol/messages/jobs.ts';
import { parseTemplate } from '../../protocol/template.ts';
import { pathProblem } from '../../protocol/tree-paths.ts';
import { ENV_MAX_BYTES } from '../input/arg-limits.ts';

const refuse = (message: string, hint: string): PxError =>
  new PxError('bad_request', message, { hint });

const checkTemplate = ({ command, input }: JobSpec): void => {
  if (input.kind === 'none' || input.kind === 'stdin' || input.template === null) return;
  if (command.kind === 'argv') {
    throw refuse(
      'Marks are filled into a shell command, and this is an argv.',
      "Give the command as one string: px run 'CMD {}'",
    );
  }
  if (parseTemplate(show(fromBase64(command.source)), input.template) !== null) return;
  throw refuse(`The command holds no mark ${got(input.template)}.`, 'Name the mark with -I STR.');
};

const checkCut = ({ input, cut, everyNode, order }: JobSpec): void => {
  if (input.kind === 'none' && cut.mode !== 'static') {
    throw refuse('A job without input has nothing to cut.', 'Leave --partitions and -n out.');
  }
  if (everyNode && (input.kind !== 'none' || order)) {
    throw refuse('A command for every node takes no input.', 'See: px cluster exec --help');
  }
};

const checkWorkdir = ({ workdir }: JobSpec): void => {
  const problem = workdir === '' ? null : pathProblem(atob(workdir));
  if (problem !== null)
    throw refuse(`The working directory is ${problem}.`, 'Name one in the bundle.');
};

/** A name, `=`, a value, a NUL and a pointer for each, as Linux counts them. */
const PER_VARIABLE_BYTES = 10;

export const checkEnv = (env: JobEnv): void => {
  let bytes = 0;
  for (const [name, value] of [...Object.entries(env.env), ...Object.entries(env.secrets)]) {
    if (name === '' || /[=\0]/.test(name)) {
      throw refuse(`The name ${got(name)} cannot stand in an environment.`, 'Leave it out.');
    }
    if (value.includes('\0')) {
      throw refuse(`The value of ${name} holds a NUL, which no environment can.`, 'Leave it out.');
    }
    bytes += utf8(name).length + utf8(value).length + PER_VARIABLE_BYTES;
  }
  if (bytes <= ENV_MAX_BYTES) return;
  throw refuse(
    `The environment has ${bytes} bytes; a job takes at most ${ENV_MAX_BYTES}.`,
    'Put large values into a file.',
  );
};

/** Throws `bad_request` where the parts of a submit do not fit together. */
export const checkSubmit = (spec: JobSpec, env: JobEnv): void => {
  checkTemplate(spec);
  checkCut(spec);
  checkWorkdir(spec);
  checkEnv(env);
};
