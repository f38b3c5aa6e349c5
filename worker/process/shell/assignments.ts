import { utf8 } from '../../../protocol/bytes.ts';
import type { Environment } from '../environment.ts';

const NAME = /^[A-Za-z_]\w*$/;

/** Whether a shell passes every variable on: it drops those whose names it could not assign to. */
export const areNames = ({ job, own }: Environment): boolean =>
  [job, own].every((layer) => Object.keys(layer).every((name) => NAME.test(name)));

/** In single quotes: every character but NUL comes through unchanged. */
const quoted = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;

/**
 * `NAME='value' ` for each variable of an attempt that the shell was started with another value of.
 *
 * @returns null where the shell's environment is another job's, has what the attempt has not, or
 *   cannot be given what it has
 */
export const assignmentsFor = (has: Environment, wanted: Environment): Uint8Array | null => {
  if (has.job !== wanted.job) return null;
  let text = '';
  for (const name of Object.keys(has.own)) if (wanted.own[name] === undefined) return null;
  for (const [name, value] of Object.entries(wanted.own)) {
    if (has.own[name] === value) continue;
    if (!NAME.test(name)) return null;
    text += `${name}=${quoted(value)} `;
  }
  return utf8(text);
};
