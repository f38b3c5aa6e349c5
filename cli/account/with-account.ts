import { ACCOUNT_HEADER, encodeAccount } from '../../protocol/accounts.ts';
import type { Context } from '../context.ts';
import { accountHeaders, referenceOf, secretsOf } from './reference.ts';
import { serveSecrets } from './serve-secrets.ts';

/**
 * Makes a request that may use the caller's accounts: `work` gets the headers for it. Names and paths
 * travel in them; secrets that stand in the environment itself stay on a socket until `work` ends.
 */
export const withAccount = async <T>(
  { env }: Pick<Context, 'env'>,
  work: (headers: Record<string, string>) => Promise<T>,
): Promise<T> => {
  const secrets = secretsOf(env);
  if (Object.keys(secrets).length === 0) return work(accountHeaders(env));
  const reference = referenceOf(env);
  const served = await serveSecrets(secrets);
  try {
    return await work({ [ACCOUNT_HEADER]: encodeAccount({ ...reference, secrets: served.path }) });
  } finally {
    await served.close();
  }
};
