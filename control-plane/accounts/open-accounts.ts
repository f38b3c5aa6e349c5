import type { AccountReference } from '../../protocol/accounts.ts';
import { PxError } from '../../protocol/errors.ts';
import { wordsOf } from '../pricing/sources/failure.ts';
import type { AccountIo, AccountProblem, Accounts, AccountUrls, Opened } from './accounts.ts';
import { openAws } from './aws.ts';
import { openAzure } from './azure.ts';
import { openDigitalOcean } from './digitalocean.ts';
import { openGcp } from './gcp.ts';
import { readSecrets } from './read-secrets.ts';

/**
 * Finds the accounts that a caller refers to: of these clouds, or of all (null). One that cannot be used
 * is a problem among others, and no rejection.
 */
export type OpenAccounts = (
  reference: AccountReference | null,
  clouds: readonly string[] | null,
) => Promise<Opened>;

interface OpenerOptions extends Pick<AccountIo, 'fetch' | 'now' | 'run'> {
  /** Environment of the control plane itself. */
  env: AccountIo['env'];
  /** Whether callers are the same user on the same machine: else the control plane uses its own identity. */
  isLocal: boolean;
  /** Told of the caller's proxies before anything is asked. */
  useProxies: (env: AccountIo['env']) => void;
  urls?: { [Name in keyof AccountUrls]?: string | undefined };
}

const URLS: AccountUrls = {
  googleToken: 'https://oauth2.googleapis.com',
  azureLogin: 'https://login.microsoftonline.com',
  azureMetadata: 'http://169.254.169.254',
};

const addresses = (over: NonNullable<OpenerOptions['urls']>): AccountUrls => ({
  googleToken: over.googleToken ?? URLS.googleToken,
  azureLogin: over.azureLogin ?? URLS.azureLogin,
  azureMetadata: over.azureMetadata ?? URLS.azureMetadata,
});

const problemOf = (cloud: string, cause: unknown): AccountProblem => {
  const known = cause instanceof PxError ? cause : null;
  return {
    cloud,
    message: `The account of ${cloud} cannot be used: ${known?.message ?? wordsOf(cause)}`,
    hint: known?.hint ?? null,
  };
};

/** The caller's names and paths over the control plane's own, with the secrets that it hands over. */
const environmentOf = async (
  { env, isLocal }: OpenerOptions,
  reference: AccountReference | null,
): Promise<AccountIo['env']> => {
  if (!isLocal || reference === null) return env;
  const secrets = reference.secrets === undefined ? {} : await readSecrets(reference.secrets);
  return { ...env, ...reference.env, ...secrets };
};

/**
 * Makes what finds accounts. A control plane on the caller's machine looks where the caller's own tools
 * look; any other one has an identity of its own, and takes nobody's word for paths on its disk.
 */
export const createOpenAccounts = (options: OpenerOptions): OpenAccounts => {
  const { fetch, now, run, isLocal, useProxies } = options;
  return async (reference, clouds) => {
    const env = await environmentOf(options, reference);
    // A caller that names no proxy needs none any more: laptops change networks.
    if (isLocal && reference !== null) useProxies(reference.env);
    const urls = addresses(options.urls ?? {});
    const io: AccountIo = { env, ownIdentity: !isLocal, fetch, now, run, urls };
    const problems: AccountProblem[] = [];
    const open = async <T>(cloud: string, opener: (io: AccountIo) => Promise<T | null>) => {
      if (clouds?.includes(cloud) === false) return null;
      return opener(io).catch((cause: unknown) => {
        problems.push(problemOf(cloud, cause));
        return null;
      });
    };
    const [gcp, aws, azure, digitalocean] = await Promise.all([
      open('gcp', openGcp),
      open('aws', openAws),
      open('azure', openAzure),
      open('digitalocean', openDigitalOcean),
    ]);
    const accounts: Accounts = {
      ...(gcp ? { gcp } : {}),
      ...(aws ? { aws } : {}),
      ...(azure ? { azure } : {}),
      ...(digitalocean ? { digitalocean } : {}),
    };
    return { accounts, problems };
  };
};
