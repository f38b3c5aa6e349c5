import { createPrivateKey } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PxError } from '../../protocol/errors.ts';
import type { AccountIo } from './accounts.ts';
import { inHome, readIfThere } from './files.ts';
import { GoogleKey, Projects } from './gcp-client.ts';

type Env = AccountIo['env'];

/** What makes credentials. */
export const LOGIN = 'gcloud auth application-default login';

const folderOf = (env: Env): string => env.CLOUDSDK_CONFIG ?? inHome(env, '.config', 'gcloud');

/** gcloud's active configuration. */
const configurationOf = async (env: Env): Promise<string> => {
  const folder = folderOf(env);
  const active =
    env.CLOUDSDK_ACTIVE_CONFIG_NAME ??
    ((await readIfThere(join(folder, 'active_config')))?.trim() || 'default');
  return join(folder, 'configurations', `config_${active}`);
};

/** Keys of gcloud's active configuration (`core.project`), read without gcloud. */
export const readConfiguration = async (env: Env): Promise<Record<string, string>> => {
  const text = await readIfThere(await configurationOf(env));
  let section = '';
  const values: Record<string, string> = {};
  for (const line of (text ?? '').split('\n')) {
    section = /^\[(\w+)\]/.exec(line)?.[1] ?? section;
    const [, key, value] = /^(\w+)\s*=\s*(.+)$/.exec(line.trim()) ?? [];
    if (key !== undefined && value !== undefined) values[`${section}.${key}`] = value.trim();
  }
  return values;
};

const broken = (message: string, cause?: unknown): PxError =>
  new PxError('credentials_missing', message, { hint: LOGIN, cause });

const parseKey = (path: string, text: string) => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw broken(`${path} holds no credentials of Google: ${words}`, cause);
  }
  const key = GoogleKey.safeParse(json);
  if (key.success) return { path, key: key.data, projects: Projects.parse(json) };
  const type: unknown = Reflect.get(Object(json), 'type');
  const isKnown = GoogleKey.options.some((option) => option.shape.type.value === type);
  throw broken(
    isKnown
      ? `${path} holds no credentials of Google: it lacks ${key.error.issues.map(({ path: at }) => at.join('.')).join(', ')}.`
      : `${path} holds no credentials of Google: px knows no credentials of type ${String(type)}.`,
    key.error,
  );
};

/** What signs its requests, where px does; a damaged key would fail much later, in words of no use. */
const privateKeyOf = (key: GoogleKey): string | undefined => {
  const own = key.type === 'impersonated_service_account' ? key.source_credentials : key;
  return own.type === 'service_account' ? own.private_key : undefined;
};

const checkKey = (path: string, key: GoogleKey): void => {
  const text = privateKeyOf(key);
  if (text === undefined) return;
  try {
    createPrivateKey(text);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new PxError('credentials_missing', `The private_key in ${path} is damaged: ${words}`, {
      hint: `Copy the file from where it was made, or: ${LOGIN}`,
      cause,
    });
  }
};

const keyFileOf = (env: Env): string =>
  env.GOOGLE_APPLICATION_CREDENTIALS || join(folderOf(env), 'application_default_credentials.json');

/** Is another one as soon as somebody has logged in again or chosen another project: the files' ages. */
export const stampOf = async (env: Env): Promise<string> => {
  const logins = join(folderOf(env), 'credentials.db');
  const files = [keyFileOf(env), await configurationOf(env), logins];
  const ages = files.map(async (path) => {
    const found = await stat(path).catch(() => null);
    return found === null ? [path] : [path, found.mtimeMs, found.size, found.ino];
  });
  return JSON.stringify(await Promise.all(ages));
};

/** The file of the application default credentials: the variable's, else gcloud's well-known place. */
export const readKey = async (env: Env) => {
  const named = env.GOOGLE_APPLICATION_CREDENTIALS || undefined;
  const path = keyFileOf(env);
  const text = await readIfThere(path);
  if (text !== null) {
    const found = parseKey(path, text);
    checkKey(path, found.key);
    return found;
  }
  if (named === undefined) return null;
  throw new PxError(
    'credentials_missing',
    `GOOGLE_APPLICATION_CREDENTIALS names ${path}, which is not there.`,
    { hint: `unset GOOGLE_APPLICATION_CREDENTIALS, or: ${LOGIN}` },
  );
};
