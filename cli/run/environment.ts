import { PxError } from '../../protocol/errors.ts';
import { LOCAL_CLUSTER } from '../../protocol/ids.ts';
import type { JobEnv } from '../../protocol/messages/jobs.ts';
import type { PxYaml } from '../../protocol/px-yaml.ts';
import { envFlags } from './flag-values.ts';

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
    throw new PxError(
      'bad_config',
      `The secret ${name} of px.yaml is not set in your environment.`,
      {
        hint: `Set it: export ${name}=…`,
      },
    );
  });
  const own = cluster === LOCAL_CLUSTER ? wholeEnvironment(env) : {};
  return {
    env: { ...own, ...config.env, ...envFlags(flags, env) },
    secrets: Object.fromEntries(secrets),
  };
};
