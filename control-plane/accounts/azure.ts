import * as z from 'zod';
import { PxError } from '../../protocol/errors.ts';
import type { AccountIo, Accounts } from './accounts.ts';
import { inHome, readIfThere } from './files.ts';

const RESOURCE = 'https://management.azure.com/';

const Token = z.object({ access_token: z.string() });
const CliToken = z.object({ accessToken: z.string(), subscription: z.string().optional() });
const Instance = z.object({ subscriptionId: z.string() });

const refused = (words: string, hint: string, cause?: unknown): PxError =>
  new PxError('provider_refused', words, { hint, ...(cause === undefined ? {} : { cause }) });

const ask = async <T>(
  io: AccountIo,
  url: string,
  init: RequestInit,
  schema: z.ZodType<T>,
): Promise<T> => {
  const response = await io.fetch(url, init);
  const text = await response.text();
  if (response.ok) return schema.parse(JSON.parse(text));
  const words = /"error_description"\s*:\s*"([^"\\]*)/.exec(text)?.[1] ?? text.slice(0, 300);
  throw refused(`Azure answered ${response.status}: ${words}`, 'az login');
};

type Grant = { token: string; subscription: string | undefined };

/** A service principal, by its secret or by the token of another issuer (workload identity). */
const ofPrincipal = async (io: AccountIo): Promise<Grant | null> => {
  const { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_FEDERATED_TOKEN_FILE } =
    io.env;
  if (!AZURE_TENANT_ID || !AZURE_CLIENT_ID) return null;
  const assertion = AZURE_FEDERATED_TOKEN_FILE
    ? await readIfThere(AZURE_FEDERATED_TOKEN_FILE)
    : null;
  if (!AZURE_CLIENT_SECRET && assertion === null) return null;
  const proof = AZURE_CLIENT_SECRET
    ? { client_secret: AZURE_CLIENT_SECRET }
    : {
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: (assertion ?? '').trim(),
      };
  const body = new URLSearchParams({
    ...{ grant_type: 'client_credentials', client_id: AZURE_CLIENT_ID },
    scope: `${RESOURCE}.default`,
    ...proof,
  });
  const url = `${io.urls.azureLogin}/${encodeURIComponent(AZURE_TENANT_ID)}/oauth2/v2.0/token`;
  const { access_token } = await ask(io, url, { method: 'POST', body }, Token);
  return { token: access_token, subscription: undefined };
};

/** Who is logged in with Azure's own tool. */
const ofCli = async (io: AccountIo): Promise<Grant | null> => {
  const folder = io.env.AZURE_CONFIG_DIR ?? inHome(io.env, '.azure');
  if ((await readIfThere(`${folder}/azureProfile.json`)) === null) return null;
  const { AZURE_SUBSCRIPTION_ID } = io.env;
  const args = ['account', 'get-access-token', '--resource', RESOURCE, '--output', 'json'];
  if (AZURE_SUBSCRIPTION_ID) args.push('--subscription', AZURE_SUBSCRIPTION_ID);
  const text = await io.run('az', args, io.env).catch((cause: unknown) => {
    throw refused(cause instanceof Error ? cause.message : String(cause), 'az login', cause);
  });
  const { accessToken, subscription } = CliToken.parse(JSON.parse(text));
  return { token: accessToken, subscription };
};

/** The identity of the machine itself. */
const ofMachine = async (io: AccountIo): Promise<Grant | null> => {
  if (!io.ownIdentity) return null;
  const init = { headers: { metadata: 'true' } };
  const base = `${io.urls.azureMetadata}/metadata`;
  const query = `api-version=2018-02-01&resource=${encodeURIComponent(RESOURCE)}`;
  try {
    const token = await ask(io, `${base}/identity/oauth2/token?${query}`, init, Token);
    const compute = `${base}/instance/compute?api-version=2021-02-01`;
    const { subscriptionId } = await ask(io, compute, init, Instance);
    return { token: token.access_token, subscription: subscriptionId };
  } catch {
    // No machine of Azure, or one without an identity.
    return null;
  }
};

/** Azure's account: a service principal, who is logged in with `az`, or the machine. Null where there is none. */
export const openAzure = async (io: AccountIo): Promise<NonNullable<Accounts['azure']> | null> => {
  const grant = (await ofPrincipal(io)) ?? (await ofCli(io)) ?? (await ofMachine(io));
  if (grant === null) return null;
  const subscription = io.env.AZURE_SUBSCRIPTION_ID ?? grant.subscription;
  if (subscription === undefined) {
    throw new PxError('bad_config', 'There are credentials of Azure, and no subscription.', {
      hint: 'export AZURE_SUBSCRIPTION_ID=…',
    });
  }
  const headers = { authorization: `Bearer ${grant.token}` };
  return { headers: async () => headers, subscription };
};
