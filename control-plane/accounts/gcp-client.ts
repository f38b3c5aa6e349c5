import type { AuthClient } from 'google-auth-library';
import * as z from 'zod';
import { PxError } from '../../protocol/errors.ts';

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
/** The address that the library knows by heart. */
const TOKEN_HOST = 'https://oauth2.googleapis.com';

/** What of a credentials file tells the project. */
export const Projects = z.object({
  project_id: z.string().optional(),
  quota_project_id: z.string().optional(),
});

const ServiceAccount = z.object({
  type: z.literal('service_account'),
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string().optional(),
});

const User = z.object({
  type: z.literal('authorized_user'),
  client_id: z.string(),
  client_secret: z.string(),
  refresh_token: z.string(),
});

const External = z.looseObject({ type: z.literal('external_account') });

const Impersonated = z.object({
  type: z.literal('impersonated_service_account'),
  service_account_impersonation_url: z.string(),
  delegates: z.array(z.string()).optional(),
  source_credentials: z.discriminatedUnion('type', [ServiceAccount, User, External]),
});

/** A credentials file of Google, as much of it as its client needs. */
export const GoogleKey = z.discriminatedUnion('type', [
  ServiceAccount,
  User,
  External,
  Impersonated,
]);
export type GoogleKey = z.infer<typeof GoogleKey>;

/** How clients ask. */
export interface ClientOptions {
  fetch: typeof fetch;
  /** Where tokens are fetched instead of Google's own address. */
  tokenUrl?: string | undefined;
}

/** How every client asks: with the control plane's own fetch, for the project that pays. */
const optionsOf = (io: ClientOptions, quotaProject: string | undefined) => {
  const fetchToken: typeof fetch = (url, init) =>
    io.fetch(String(url).replace(TOKEN_HOST, io.tokenUrl ?? TOKEN_HOST), init);
  return {
    transporterOptions: { fetchImplementation: fetchToken },
    ...(quotaProject === undefined ? {} : { quotaProjectId: quotaProject }),
  };
};

type Options = ReturnType<typeof optionsOf>;
type Library = typeof import('google-auth-library');

const impersonated = (
  library: Library,
  key: z.infer<typeof Impersonated>,
  options: Options,
): AuthClient => {
  const url = key.service_account_impersonation_url;
  const [, targetPrincipal] = /serviceAccounts\/([^/:]+):/.exec(url) ?? [];
  if (targetPrincipal === undefined) {
    throw new PxError('bad_config', `The credentials impersonate nobody: ${url}`);
  }
  return new library.Impersonated({
    ...options,
    sourceClient: clientOf(library, key.source_credentials, options),
    targetPrincipal,
    targetScopes: [SCOPE],
    delegates: key.delegates ?? [],
  });
};

/** Another cloud's or an identity provider's token that Google trades for its own. */
const external = (library: Library, values: Record<string, unknown>): AuthClient => {
  const source: object = Object(values.credential_source);
  const environment: unknown = Reflect.get(source, 'environment_id');
  // Their options are the file's own keys; the libraries check them.
  const own = values as never;
  if (String(environment).startsWith('aws')) return new library.AwsClient(own);
  return 'executable' in source
    ? new library.PluggableAuthClient(own)
    : new library.IdentityPoolClient(own);
};

const clientOf = (library: Library, key: GoogleKey, options: Options): AuthClient => {
  switch (key.type) {
    case 'service_account': {
      const { client_email: email, private_key, private_key_id } = key;
      const id = private_key_id === undefined ? {} : { keyId: private_key_id };
      return new library.JWT({ ...options, email, key: private_key, ...id, scopes: [SCOPE] });
    }
    case 'authorized_user':
      return new library.UserRefreshClient({
        ...options,
        clientId: key.client_id,
        clientSecret: key.client_secret,
        refreshToken: key.refresh_token,
      });
    case 'external_account':
      return external(library, { ...key, ...options, scopes: [SCOPE] });
    case 'impersonated_service_account':
      return impersonated(library, key, options);
  }
};

// The import of the library alone takes most of a second.

/** A client for the credentials of a file. */
export const keyClient = async (
  io: ClientOptions,
  key: GoogleKey,
  quotaProject: string | undefined,
): Promise<AuthClient> =>
  clientOf(await import('google-auth-library'), key, optionsOf(io, quotaProject));

/** A client for the machine's own identity, and its project. Rejects on any other machine. */
export const machineClient = async (
  io: ClientOptions,
): Promise<{ client: AuthClient; project: string }> => {
  const { GoogleAuth } = await import('google-auth-library');
  const auth = new GoogleAuth({ scopes: [SCOPE], clientOptions: optionsOf(io, undefined) });
  return { client: await auth.getClient(), project: await auth.getProjectId() };
};
