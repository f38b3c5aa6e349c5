import { PxError } from '../protocol/errors.ts';
import { ClusterName, JobId } from '../protocol/ids.ts';
import type { Parsed } from './command.ts';
import type { Context } from './context.ts';
import { typed } from './typed.ts';

const tooMany = (word: string): PxError =>
  new PxError('bad_request', `Expected no further argument, got ${typed(word)}.`, {
    hint: 'An argument with blanks in it needs quotes.',
  });

/** Refuses words behind `--`, for commands that take none. */
const refuseRest = (parsed: Parsed): void => {
  const word = parsed.rest?.[0];
  if (word !== undefined) throw tooMany(word);
};

/** For commands without arguments. */
export const noArguments = (parsed: Parsed): void => {
  const [word] = parsed.positionals;
  if (word !== undefined) throw tooMany(word);
  refuseRest(parsed);
};

/** The one argument of a command; undefined where it was left out. */
export const optionalArgument = (parsed: Parsed): string | undefined => {
  const [word, extra] = parsed.positionals;
  if (extra !== undefined) throw tooMany(extra);
  refuseRest(parsed);
  return word;
};

/** The id of a job, as the one argument of a command. */
export const jobArgument = (parsed: Parsed): string => {
  const id = optionalArgument(parsed);
  if (id === undefined || id === '') {
    throw new PxError('bad_request', "Expected a job's ID, got nothing.", { hint: 'px job ls' });
  }
  // Anything else, such as `..`, would be another address of the control plane.
  if (JobId.safeParse(id).success) return id;
  throw new PxError('job_not_found', `There is no job ${id}.`, { hint: 'See: px job ls' });
};

/**
 * The cluster of a command: its argument, else `cluster.name` of px.yaml.
 *
 * @throws PxError `bad_request` where there is neither, or where it cannot be a name
 */
export const clusterArgument = async (
  word: string | undefined,
  context: Context,
): Promise<string> => {
  const name = word ?? (await context.project()).config.cluster?.name;
  if (name === undefined) {
    throw new PxError('bad_request', "Expected a cluster's name, got nothing.", {
      hint: 'Name it, or set cluster.name in px.yaml. Those that are up: px cluster ls',
    });
  }
  if (ClusterName.safeParse(name).success) return name;
  throw new PxError(
    'bad_request',
    `Expected a name like jpg or my-cluster-2, got ${typed(name)}.`,
    {
      hint: 'Lower-case letters, digits and dashes, at most 40, with a letter in front.',
    },
  );
};

/** 100,000: as in px.yaml. */
const COUNT_MAX = 100_000;

/** The value of `--name N` as a count from 1; undefined where it was left out. */
export const countOption = (
  parsed: Parsed,
  name: string,
  max: number = COUNT_MAX,
): number | undefined => {
  const text = parsed.value(name);
  if (text === undefined) return undefined;
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= max) return count;
  throw new PxError(
    'bad_request',
    `Expected --${name} to be a whole number from 1 to ${max}, got ${typed(text)}.`,
  );
};
