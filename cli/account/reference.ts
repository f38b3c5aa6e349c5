import {
  ACCOUNT_HEADER,
  ACCOUNT_VARIABLES,
  type AccountReference,
  type AccountSecrets,
  encodeAccount,
  PROXY_VARIABLES,
  SECRET_VARIABLES,
} from '../../protocol/accounts.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** The variables of these names that say something. */
const pick = <Name extends string>(
  env: Env,
  names: readonly Name[],
): Partial<Record<Name, string>> => {
  const found: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = env[name];
    if (value) found[name] = value;
  }
  return found;
};

/** The way out of this network. Tools read the lower-case names first. */
const proxiesOf = (env: Env): AccountReference['env'] => {
  const read = (name: string): [string, string | undefined] => [
    name,
    env[name.toLowerCase()] || env[name],
  ];
  return pick(Object.fromEntries(PROXY_VARIABLES.map(read)), PROXY_VARIABLES);
};

/** The names and paths of an environment by which a control plane finds the caller's accounts. */
export const referenceOf = (env: Env): AccountReference => ({
  env: { ...pick(env, ACCOUNT_VARIABLES), ...proxiesOf(env) },
});

/** What of an environment is secret itself. */
export const secretsOf = (env: Env): AccountSecrets => pick(env, SECRET_VARIABLES);

/** The headers of a request that may want the caller's accounts or its way out of the network. */
export const accountHeaders = (env: Env): Record<string, string> => ({
  [ACCOUNT_HEADER]: encodeAccount(referenceOf(env)),
});
