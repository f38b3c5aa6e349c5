import { readFileSync } from 'node:fs';
import type { AuthClient } from 'google-auth-library';
import * as z from 'zod';
import { PxError } from '../../protocol/errors.ts';
import type { AccountIo } from './accounts.ts';
import { type ClientOptions, keyClient, machineClient } from './gcp-client.ts';
import { LOGIN, readConfiguration, readKey } from './gcp-files.ts';

type Env = AccountIo['env'];

/** Who px is in Google Cloud, and where its credentials come from. */
export interface Google {
  client: AuthClient;
  /** For people: `application default credentials (FILE)`, `gcloud`, `this machine's service account`. */
  source: string;
  /** The account's own idea of a project; null where it has none. */
  project: string | null;
  region: string | null;
}

/** Where to look. */
interface GoogleIo extends ClientOptions {
  env: Env;
  /** Whether this machine may have an identity of its own. */
  ownIdentity: boolean;
  /** Whether gcloud is asked for its own token where there is nothing else. */
  asksGcloud: boolean;
  run: AccountIo['run'];
}

const Helper = z.object({
  credential: z.object({ access_token: z.string(), token_expiry: z.string() }),
});

/** Asks gcloud for the token that it uses itself. Rejects where there is none or it is not logged in. */
const askGcloud = async ({ env, run }: GoogleIo): Promise<{ token: string; expiresAt: number }> => {
  const stdout = await run('gcloud', ['config', 'config-helper', '--format=json'], env);
  const { credential } = Helper.parse(JSON.parse(stdout));
  return { token: credential.access_token, expiresAt: Date.parse(credential.token_expiry) };
};

const nobody = (): PxError =>
  new PxError('credentials_missing', 'Found no credentials for Google Cloud.', { hint: LOGIN });

/** gcloud's own token, asked for again when it ends. */
const fromGcloud = async (io: GoogleIo): Promise<AuthClient> => {
  const { OAuth2Client } = await import('google-auth-library');
  const first = await askGcloud(io).catch((cause: unknown) => {
    const words = cause instanceof Error ? cause.message : String(cause);
    if (words.startsWith('There is no program')) throw nobody();
    throw new PxError('credentials_missing', `gcloud gives no token: ${words}`, {
      hint: 'gcloud auth login',
      cause,
    });
  });
  const client = new OAuth2Client();
  client.setCredentials({ access_token: first.token, expiry_date: first.expiresAt });
  client.refreshHandler = async () => {
    const { token, expiresAt } = await askGcloud(io);
    return { access_token: token, expiry_date: expiresAt };
  };
  return client;
};

/** Whether this machine stands in Google Cloud: its firmware says so, and nobody has to be asked. */
export const isOnGoogle = (): boolean => {
  try {
    return readFileSync('/sys/class/dmi/id/product_name', 'utf8').startsWith('Google');
  } catch {
    return false;
  }
};

type Found = Pick<Google, 'client' | 'source' | 'project'>;

const fromFile = async (io: GoogleIo, configured: string | null): Promise<Found | null> => {
  const { env } = io;
  const found = await readKey(env);
  if (found === null) return null;
  const { path, key, projects } = found;
  const project = projects.quota_project_id ?? projects.project_id ?? null;
  // A person's requests are counted against a project: the billing API takes none without.
  const counted =
    key.type === 'authorized_user' ? (env.GOOGLE_CLOUD_PROJECT ?? project ?? configured) : null;
  const quotaProject = env.GOOGLE_CLOUD_QUOTA_PROJECT ?? projects.quota_project_id ?? counted;
  const client = await keyClient(io, key, quotaProject ?? undefined);
  return { client, source: `application default credentials (${path})`, project };
};

const fromMachine = async (io: GoogleIo): Promise<Found | null> => {
  if (!io.ownIdentity) return null;
  const made = await machineClient(io).catch(() => null);
  return made === null ? null : { ...made, source: "this machine's service account" };
};

/**
 * Finds the caller's account: application default credentials, the machine's own, gcloud's token; null
 * where there are none. No token is asked for here, but gcloud's. Throws `credentials_missing`.
 */
export const findGoogle = async (io: GoogleIo): Promise<Google | null> => {
  const { env } = io;
  const configured = await readConfiguration(env);
  const named = env.CLOUDSDK_CORE_PROJECT ?? configured['core.project'] ?? null;
  const found =
    (await fromFile(io, named)) ??
    (await fromMachine(io)) ??
    (io.asksGcloud ? { client: await fromGcloud(io), source: 'gcloud', project: null } : null);
  if (found === null) return null;
  return {
    ...found,
    project: env.GOOGLE_CLOUD_PROJECT ?? found.project ?? named,
    region: env.CLOUDSDK_COMPUTE_REGION ?? configured['compute.region'] ?? null,
  };
};
