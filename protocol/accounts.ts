import * as z from 'zod';
import { PxError } from './errors.ts';

/**
 * Variables of the clouds' own tools whose values are names, ids and paths. They travel with a request
 * that may use an account, so that the control plane finds the same credentials as the caller's shell.
 * Keys and tokens are never among them.
 */
export const ACCOUNT_VARIABLES = [
  ...['HOME', 'XDG_CONFIG_HOME'],
  ...['GOOGLE_APPLICATION_CREDENTIALS', 'GOOGLE_CLOUD_PROJECT', 'GOOGLE_CLOUD_QUOTA_PROJECT'],
  ...['CLOUDSDK_CONFIG', 'CLOUDSDK_CORE_PROJECT', 'CLOUDSDK_ACTIVE_CONFIG_NAME'],
  ...['AWS_PROFILE', 'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE'],
  ...['AWS_ROLE_ARN', 'AWS_ROLE_SESSION_NAME', 'AWS_WEB_IDENTITY_TOKEN_FILE'],
  ...['AZURE_CONFIG_DIR', 'AZURE_SUBSCRIPTION_ID', 'AZURE_TENANT_ID', 'AZURE_CLIENT_ID'],
  'AZURE_FEDERATED_TOKEN_FILE',
  'DIGITALOCEAN_CONTEXT',
] as const;

/** The way out of the caller's network; not kept, as their addresses may hold a password. */
export const PROXY_VARIABLES = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'] as const;

/** Variables whose values are keys or tokens: they are handed over on a socket, never in a request. */
export const SECRET_VARIABLES = [
  ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
  'AZURE_CLIENT_SECRET',
  ...['DIGITALOCEAN_TOKEN', 'DIGITALOCEAN_ACCESS_TOKEN'],
] as const;

/** Longer than any path. */
const VALUE_MAX_CHARS = 4096;

const Value = z.string().max(VALUE_MAX_CHARS);

/** Where the caller's accounts are to be found. */
export const AccountReference = z.strictObject({
  env: z.partialRecord(z.enum([...ACCOUNT_VARIABLES, ...PROXY_VARIABLES]), Value),
  /** A socket on the same machine that gives the secrets of the caller's environment, while it waits. */
  secrets: Value.optional(),
});
export type AccountReference = z.infer<typeof AccountReference>;

/** What comes out of that socket. */
export const AccountSecrets = z.partialRecord(z.enum(SECRET_VARIABLES), z.string());
export type AccountSecrets = z.infer<typeof AccountSecrets>;

/** The request header that carries a reference. */
export const ACCOUNT_HEADER = 'x-px-account';

/** A reference as the value of a header, which is ASCII. */
export const encodeAccount = (reference: AccountReference): string =>
  encodeURIComponent(JSON.stringify(reference));

/** The reference in a request's header; null where there is none. Throws `bad_request`. */
export const decodeAccount = (header: string | null): AccountReference | null => {
  if (header === null) return null;
  try {
    return AccountReference.parse(JSON.parse(decodeURIComponent(header)));
  } catch (cause) {
    throw new PxError('bad_request', `The header ${ACCOUNT_HEADER} is damaged.`, {
      cause,
      hint: `Leave it out, or send {"env":{"HOME":"/home/you"}}, percent-encoded.`,
    });
  }
};
