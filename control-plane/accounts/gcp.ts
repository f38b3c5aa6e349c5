import { join } from 'node:path';
import type { AuthClient } from 'google-auth-library';
import * as z from 'zod';
import { PxError } from '../../protocol/errors.ts';
import { wordsOf } from '../pricing/sources/failure.ts';
import type { AccountIo, Accounts } from './accounts.ts';
import { inHome, readIfThere } from './files.ts';
import { GoogleKey, keyClient, machineClient } from './gcp-client.ts';

const HINT = 'gcloud auth application-default login';

/** What of a credentials file tells the project. */
const Projects = z.object({
  project_id: z.string().optional(),
  quota_project_id: z.string().optional(),
});

const configFolder = (env: AccountIo['env']): string =>
  env.CLOUDSDK_CONFIG ?? inHome(env, '.config', 'gcloud');

const keyPath = (env: AccountIo['env']): string =>
  env.GOOGLE_APPLICATION_CREDENTIALS ??
  join(configFolder(env), 'application_default_credentials.json');

/** `project` of gcloud's active configuration. */
const gcloudProject = async (env: AccountIo['env']): Promise<string | undefined> => {
  const folder = configFolder(env);
  const active =
    env.CLOUDSDK_ACTIVE_CONFIG_NAME ??
    (await readIfThere(join(folder, 'active_config')))?.trim() ??
    'default';
  const text = await readIfThere(join(folder, 'configurations', `config_${active}`));
  return /^\[core\][^[]*?^project\s*=\s*(\S+)/m.exec(text ?? '')?.[1];
};

const parseKey = (path: string, text: string) => {
  try {
    const json: unknown = JSON.parse(text);
    return { key: GoogleKey.parse(json), projects: Projects.parse(json) };
  } catch (cause) {
    throw new PxError('bad_config', `${path} holds no credentials of Google.`, {
      cause,
      hint: HINT,
    });
  }
};

const readKey = async (env: AccountIo['env']) => {
  const path = keyPath(env);
  const text = await readIfThere(path);
  if (text !== null) return parseKey(path, text);
  if (env.GOOGLE_APPLICATION_CREDENTIALS !== undefined) {
    throw new PxError('bad_config', `GOOGLE_APPLICATION_CREDENTIALS names no file: ${path}`, {
      hint: HINT,
    });
  }
  return null;
};

const noProject = (): PxError =>
  new PxError('bad_config', 'There are credentials of Google, and no project.', {
    hint: 'gcloud config set project NAME, or export GOOGLE_CLOUD_PROJECT=NAME',
  });

/** The identity of a machine of Google's; null where it is none, or has none. */
const openMachine = async (io: AccountIo): Promise<NonNullable<Accounts['gcp']> | null> => {
  try {
    const { client, project } = await machineClient(io);
    return { headers: headersOf(client), project: io.env.GOOGLE_CLOUD_PROJECT ?? project };
  } catch {
    return null;
  }
};

const headersOf = (client: AuthClient) => async () =>
  Object.fromEntries((await client.getRequestHeaders()).entries());

/**
 * Application default credentials: the file that is named, that of gcloud, or the machine's own. Null
 * where there are none. Throws `bad_config`, or `provider_refused` in the words of Google.
 */
export const openGcp = async (io: AccountIo): Promise<NonNullable<Accounts['gcp']> | null> => {
  const { env } = io;
  const found = await readKey(env);
  if (found === null) return io.ownIdentity ? openMachine(io) : null;
  const { key, projects } = found;
  const project =
    env.GOOGLE_CLOUD_PROJECT ??
    env.CLOUDSDK_CORE_PROJECT ??
    projects.project_id ??
    (await gcloudProject(env)) ??
    projects.quota_project_id;
  if (project === undefined) throw noProject();
  // A person's requests are counted against a project: the billing API takes none without.
  const counted = key.type === 'authorized_user' ? project : undefined;
  const quotaProject = env.GOOGLE_CLOUD_QUOTA_PROJECT ?? projects.quota_project_id ?? counted;
  const headers = headersOf(await keyClient(io, key, quotaProject));
  await headers().catch((cause: unknown) => {
    throw new PxError('provider_refused', wordsOf(cause), { cause, hint: HINT });
  });
  return { headers, project };
};
