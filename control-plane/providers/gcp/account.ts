import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AuthClient, GoogleAuth } from 'google-auth-library';
import * as z from 'zod';
import { PxError } from '../../../protocol/errors.ts';

/** Paths and names of the submitter's environment; never key material. */
export type AccountEnv = Readonly<Record<string, string | undefined>>;

/** Who px is in Google Cloud, and where its credentials come from. */
export interface Account {
  auth: GoogleAuth;
  /** For people: `application default credentials (FILE)`, `gcloud`, `this machine's service account`. */
  source: string;
  /** The account's own idea of a project; null where it has none. */
  project: string | null;
  region: string | null;
}

/** What every call of px needs. */
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
/** gcloud is a Python program that may ask the network for a token. */
const GCLOUD_MS = 30_000;

const folderOf = (env: AccountEnv): string =>
  env.CLOUDSDK_CONFIG ?? join(env.HOME ?? '/nonexistent', '.config', 'gcloud');

const CredentialFile = z.looseObject({
  type: z.string(),
  project_id: z.string().optional(),
  quota_project_id: z.string().optional(),
});
type CredentialFile = z.infer<typeof CredentialFile>;

/** Keys of gcloud's own configuration file (`[core] project = …`), read without gcloud. */
const readConfiguration = (env: AccountEnv): Record<string, string> => {
  const folder = folderOf(env);
  const read = (...path: string[]): string => {
    try {
      return readFileSync(join(folder, ...path), 'utf8');
    } catch {
      return '';
    }
  };
  const active = env.CLOUDSDK_ACTIVE_CONFIG_NAME ?? (read('active_config').trim() || 'default');
  let section = '';
  const values: Record<string, string> = {};
  for (const line of read('configurations', `config_${active}`).split('\n')) {
    section = /^\[(\w+)\]/.exec(line)?.[1] ?? section;
    const [, key, value] = /^(\w+)\s*=\s*(.+)$/.exec(line.trim()) ?? [];
    if (key !== undefined && value !== undefined) values[`${section}.${key}`] = value.trim();
  }
  return values;
};

/** The file of the application default credentials: the variable's, else gcloud's well-known place. */
const credentialFile = (env: AccountEnv): string | null => {
  const named = env.GOOGLE_APPLICATION_CREDENTIALS;
  if (named !== undefined && named !== '') {
    if (existsSync(named)) return named;
    throw new PxError(
      'credentials_missing',
      `GOOGLE_APPLICATION_CREDENTIALS names ${named}, which is not there.`,
      { hint: 'unset GOOGLE_APPLICATION_CREDENTIALS, or: gcloud auth application-default login' },
    );
  }
  const usual = join(folderOf(env), 'application_default_credentials.json');
  return existsSync(usual) ? usual : null;
};

const parseFile = (path: string) => {
  try {
    return CredentialFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new PxError('credentials_missing', `${path} holds no credentials: ${words}`, {
      hint: 'gcloud auth application-default login',
      cause,
    });
  }
};

const Helper = z.object({
  credential: z.object({ access_token: z.string(), token_expiry: z.string() }),
});

/** Asks gcloud for the token that it uses itself. Throws where there is none or it is not logged in. */
const askGcloud = async (env: AccountEnv): Promise<{ token: string; expiresAt: number }> => {
  const words = ['config', 'config-helper', '--format=json'];
  const options = { env: { ...env }, timeout: GCLOUD_MS };
  const { stdout } = await promisify(execFile)('gcloud', words, options);
  const { credential } = Helper.parse(JSON.parse(stdout));
  return { token: credential.access_token, expiresAt: Date.parse(credential.token_expiry) };
};

const nobody = (): PxError =>
  new PxError('credentials_missing', 'Found no credentials for Google Cloud.', {
    hint: 'gcloud auth application-default login',
  });

/** gcloud's own token, asked for again when it ends. */
const fromGcloud = async (env: AccountEnv): Promise<Pick<Account, 'auth' | 'source'>> => {
  const { GoogleAuth: Auth, OAuth2Client } = await import('google-auth-library');
  const first = await askGcloud(env).catch((cause: unknown) => {
    const isThere = !(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT');
    if (!isThere) throw nobody();
    const words = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : '';
    throw new PxError('credentials_missing', `gcloud gives no token: ${words || String(cause)}`, {
      hint: 'gcloud auth login',
      cause,
    });
  });
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: first.token, expiry_date: first.expiresAt });
  authClient.refreshHandler = async () => {
    const { token, expiresAt } = await askGcloud(env);
    return { access_token: token, expiry_date: expiresAt };
  };
  return { auth: new Auth({ authClient }), source: 'gcloud' };
};

/** The metadata server of a machine in Google Cloud; asked only where the firmware says so. */
const isOnGoogle = (): boolean => {
  try {
    return readFileSync('/sys/class/dmi/id/product_name', 'utf8').startsWith('Google');
  } catch {
    return false;
  }
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Another cloud's or an identity provider's token that Google trades for its own. */
const externalClient = async (file: CredentialFile): Promise<AuthClient> => {
  const { AwsClient, IdentityPoolClient, PluggableAuthClient } = await import(
    'google-auth-library'
  );
  const source: object = Object(file.credential_source);
  // Their options are the file's own keys; the libraries check them.
  const values = { ...file, scopes: [SCOPE] } as never;
  if (text(Reflect.get(source, 'environment_id')).startsWith('aws')) return new AwsClient(values);
  return 'executable' in source ? new PluggableAuthClient(values) : new IdentityPoolClient(values);
};

/** The kinds of credentials that gcloud writes; each names its type. */
const clientOf = async (file: CredentialFile): Promise<AuthClient> => {
  const { JWT, UserRefreshClient } = await import('google-auth-library');
  if (file.type === 'authorized_user') {
    const clientId = text(file.client_id);
    const clientSecret = text(file.client_secret);
    return new UserRefreshClient({
      clientId,
      clientSecret,
      refreshToken: text(file.refresh_token),
    });
  }
  if (file.type === 'service_account') {
    const email = text(file.client_email);
    return new JWT({ email, key: text(file.private_key), scopes: [SCOPE] });
  }
  if (file.type === 'external_account') return externalClient(file);
  throw new PxError('credentials_missing', `px knows no credentials of type ${file.type}.`, {
    hint: 'gcloud auth application-default login',
  });
};

const findCredentials = async (env: AccountEnv) => {
  const path = credentialFile(env);
  const { GoogleAuth: Auth } = await import('google-auth-library');
  if (path !== null) {
    const file = parseFile(path);
    const { project_id, quota_project_id } = file;
    const auth = new Auth({ authClient: await clientOf(file), scopes: [SCOPE] });
    const source = `application default credentials (${path})`;
    return { auth, source, project: quota_project_id ?? project_id ?? null };
  }
  if (isOnGoogle()) {
    const auth = new Auth({ scopes: [SCOPE] });
    return { auth, source: "this machine's service account", project: await auth.getProjectId() };
  }
  return { ...(await fromGcloud(env)), project: null };
};

/**
 * Finds the submitter's account: application default credentials, else gcloud's own token. The token
 * itself is not asked for here. Throws `credentials_missing`.
 */
export const findAccount = async (env: AccountEnv): Promise<Account> => {
  const configured = readConfiguration(env);
  const { project, ...found } = await findCredentials(env);
  return {
    ...found,
    project:
      env.GOOGLE_CLOUD_PROJECT ??
      project ??
      env.CLOUDSDK_CORE_PROJECT ??
      configured['core.project'] ??
      null,
    region: env.CLOUDSDK_COMPUTE_REGION ?? configured['compute.region'] ?? null,
  };
};

/** The project that is asked for, else the account's own. Throws `bad_config` where nobody names one. */
export const chooseProject = (asked: string | undefined, { project }: Account): string => {
  const chosen = asked ?? project;
  if (chosen !== null && chosen !== undefined) return chosen;
  throw new PxError('bad_config', 'Expected a Google Cloud project, found none.', {
    hint: 'cluster.project in px.yaml, or: export GOOGLE_CLOUD_PROJECT=…',
  });
};
