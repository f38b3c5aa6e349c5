import { PxError } from '../../protocol/errors.ts';
import { type HaltRule, JOB_NAME_MAX_CHARS } from '../../protocol/messages/jobs.ts';
import { parseDuration, parseSize } from '../../protocol/units.ts';
import { typed } from '../typed.ts';

const refuse = (flag: string, expected: string, value: string): PxError =>
  new PxError('bad_request', `Expected ${expected} for --${flag}, got ${typed(value)}.`, {
    hint: 'See the flags with: px run --help',
  });

type Read<T> = (flag: string, value: string) => T;

/** A whole number from `min` on. */
export const integer =
  (min: number, max: number): Read<number> =>
  (flag, value) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw refuse(flag, `a whole number from ${min} to ${max}`, value);
  };

/** A duration in milliseconds, more than none. */
export const duration: Read<number> = (flag, value) => {
  const ms = parseDuration(value);
  if (ms === null || ms < 1 || !Number.isSafeInteger(ms))
    throw refuse(flag, 'a duration like 90s or 1h30m', value);
  return ms;
};

/** A glob of files in the project: what stands elsewhere is nothing that comes home. */
export const inside: Read<string> = (flag, value) => {
  if (!value.startsWith('/') && !value.split('/').includes('..')) return value;
  throw refuse(flag, 'a glob inside the project, such as out/*.png,', value);
};

/** What a job is called. */
export const jobName = (value: string): string => {
  if (value.length <= JOB_NAME_MAX_CHARS) return value;
  throw new PxError(
    'bad_request',
    `Expected at most ${JOB_NAME_MAX_CHARS} characters for --name, got ${value.length}.`,
    { hint: 'Shorten it.' },
  );
};

/** A size in bytes. */
export const size: Read<number> = (flag, value) => {
  const bytes = parseSize(value);
  if (bytes === null) throw refuse(flag, 'a size like 500MB', value);
  return bytes;
};

export const oneOf =
  <const T extends string>(...words: readonly T[]): Read<T> =>
  (flag, value) => {
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) throw refuse(flag, words.join(' or '), value);
    return word;
  };

const HALT = /^(?:never|(soon|now)(?:,fail=([1-9]\d*)(%?))?)$/;

/** `never`, `soon`, `now`, the last two with `fail=N` or `fail=N%` (default 1). */
export const halt: Read<HaltRule> = (flag, value) => {
  const match = HALT.exec(value);
  const number = Number(match?.[2] ?? 1);
  const percent = match?.[3] === '%';
  if (match === null || (percent && number > 100)) {
    throw refuse(flag, 'never, soon or now, as in soon,fail=3 or now,fail=10%', value);
  }
  const when = match[1] === undefined ? 'never' : match[1] === 'soon' ? 'soon' : 'now';
  return { when, fail: percent ? { percent: number } : { count: number } };
};

/** The name of `--env K=V` or `--env K`. */
export const envName = (value: string): string => value.split('=', 1)[0] ?? value;

/** The part of an environment that `--env K=V` and `--env K` name. */
export const envFlags = (
  values: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> =>
  Object.fromEntries(
    values.map((value) => {
      const [, name, given] = /^([A-Za-z_][A-Za-z0-9_]*)(?:=([\s\S]*))?$/.exec(value) ?? [];
      if (name === undefined) throw refuse('env', 'NAME=VALUE or NAME', value);
      const own = given ?? env[name];
      if (own === undefined) throw refuse('env', `${name}=VALUE, or ${name} set here`, value);
      return [name, own];
    }),
  );
