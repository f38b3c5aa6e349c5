import { PxError } from '../../protocol/errors.ts';
import { wordsOf } from '../pricing/sources/failure.ts';
import type { AccountIo, Accounts } from './accounts.ts';
import { inHome, readIfThere } from './files.ts';
import { Sha256 } from './sha256.ts';

interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

const filesOf = (env: AccountIo['env']) => ({
  filepath: env.AWS_SHARED_CREDENTIALS_FILE ?? inHome(env, '.aws', 'credentials'),
  configFilepath: env.AWS_CONFIG_FILE ?? inHome(env, '.aws', 'config'),
});

const isNamed = async (io: AccountIo): Promise<boolean> => {
  const { env } = io;
  if (io.ownIdentity || env.AWS_PROFILE !== undefined || env.AWS_WEB_IDENTITY_TOKEN_FILE)
    return true;
  const files = await Promise.all(Object.values(filesOf(env)).map(readIfThere));
  return files.some((text) => text !== null);
};

const keysOfEnv = (env: AccountIo['env']): Keys | null => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) return null;
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
  };
};

/** Options with the variables that say something. */
const set = <T extends Record<string, string | undefined>>(options: T) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

/** Profiles, SSO, roles, processes, and the machine's own identity, by AWS's own library. */
const providerOf = async (io: AccountIo): Promise<() => Promise<Keys>> => {
  const { env } = io;
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  // The library's own way to the internet knows nothing of proxies; fetch does.
  const { FetchHttpHandler } = await import('@smithy/fetch-http-handler');
  return defaultProvider({
    ...filesOf(env),
    ...set({
      profile: env.AWS_PROFILE,
      roleArn: env.AWS_ROLE_ARN,
      roleSessionName: env.AWS_ROLE_SESSION_NAME,
      webIdentityTokenFile: env.AWS_WEB_IDENTITY_TOKEN_FILE,
    }),
    clientConfig: { requestHandler: new FetchHttpHandler() },
    // A file that was mended counts at once.
    ignoreCache: true,
  });
};

const signer =
  (keys: () => Promise<Keys>, now: () => number) =>
  async (text: string, region: string): Promise<Record<string, string>> => {
    const { SignatureV4 } = await import('@smithy/signature-v4');
    const { protocol, hostname, host, port, pathname, searchParams } = new URL(text);
    const request = {
      ...{ method: 'GET', protocol, hostname, path: pathname, headers: { host } },
      ...(port === '' ? {} : { port: Number(port) }),
      query: Object.fromEntries(searchParams),
    };
    const sign = new SignatureV4({ credentials: keys, region, service: 'ec2', sha256: Sha256 });
    const signed = await sign.sign(request, { signingDate: new Date(now()) });
    // fetch sets the same Host by itself.
    const { host: _, ...headers } = signed.headers;
    return headers;
  };

/**
 * Credentials of AWS: keys that were handed over, else what AWS's own chain finds. Null where nothing
 * names any. Throws what the chain said.
 */
export const openAws = async (io: AccountIo): Promise<NonNullable<Accounts['aws']> | null> => {
  const own = keysOfEnv(io.env);
  if (own !== null) return { sign: signer(async () => own, io.now) };
  if (!(await isNamed(io))) return null;
  const keys = await providerOf(io);
  try {
    await keys();
  } catch (cause) {
    // A config file that has no more than a region is no account, and no problem.
    const { AWS_PROFILE } = io.env;
    const isNone = cause instanceof Error && /from any providers/.test(cause.message);
    if (isNone && AWS_PROFILE === undefined) return null;
    const words = isNone ? `the profile \`${AWS_PROFILE}\` has no credentials` : wordsOf(cause);
    throw new PxError('provider_refused', words, {
      cause,
      hint: 'aws sso login, or aws configure',
    });
  }
  return { sign: signer(keys, io.now) };
};
