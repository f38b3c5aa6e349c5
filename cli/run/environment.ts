import { PxError } from '../../protocol/errors.ts';
import { LOCAL_CLUSTER } from '../../protocol/ids.ts';
import type { JobEnv, JobView } from '../../protocol/messages/jobs.ts';
import type { PxYaml } from '../../protocol/px-yaml.ts';
import { envFlags, envName } from './flag-values.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** px's own variables steer px, not the user's program; a node sets PX_JOB and its like anew. */
const isOwn = (name: string): boolean => name.startsWith('PX_');

const wholeEnvironment = (env: Env): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !isOwn(entry[0]),
    ),
  );

/**
 * What the processes get: on `local` the submitter's environment, elsewhere only what px.yaml and
 * `--env` say, and the secrets by name.
 *
 * @throws PxError `bad_config` where a secret is not set here
 */
export const jobEnvironment = (
  cluster: string,
  config: Pick<PxYaml, 'env' | 'secrets'>,
  flags: readonly string[],
  env: Env,
): JobEnv => {
  const secrets = (config.secrets ?? []).map((name) => {
    const value = env[name];
    if (value !== undefined) return [name, value] as const;
    throw new PxError('bad_config', `The secret ${name} is not set in your environment.`, {
      hint: `Set it: export ${name}=…`,
    });
  });
  const own = cluster === LOCAL_CLUSTER ? wholeEnvironment(env) : {};
  return {
    env: { ...own, ...config.env, ...envFlags(flags, env) },
    secrets: Object.fromEntries(secrets),
  };
};

interface RetryEnvironment {
  env: JobEnv;
  /** Variables of the job that were not given again and come from the caller's environment. */
  taken: readonly string[];
}

/**
 * The environment of a retry: that of a submit from here and now, and what the job was given by name.
 * px forgot the values when the job ended.
 *
 * @throws PxError `bad_request` with the `--env` to add, `bad_config` where a secret is not set here
 */
export const retryEnvironment = (
  { id, cluster, spec }: Pick<JobView, 'id' | 'cluster' | 'spec'>,
  config: Pick<PxYaml, 'env' | 'secrets'>,
  flags: readonly string[],
  env: Env,
): RetryEnvironment => {
  const given = new Set(flags.map(envName));
  const taken = [...new Set(spec.envNames)].filter((name) => !given.has(name));
  const missing = taken.filter((name) => env[name] === undefined);
  if (missing.length > 0) {
    const names = missing.join(', ');
    throw new PxError(
      'bad_request',
      `The job was submitted with --env ${names}: px keeps no values, and your environment lacks ${missing.length === 1 ? 'it' : 'them'}.`,
      {
        hint: `Give ${missing.length === 1 ? 'it' : 'them'} again: px job retry ${id} ${missing.map((name) => `--env ${name}=…`).join(' ')}`,
      },
    );
  }
  const secrets = [...new Set([...(config.secrets ?? []), ...spec.secretNames])];
  return {
    env: jobEnvironment(cluster, { ...config, secrets }, [...taken, ...flags], env),
    taken,
  };
};
