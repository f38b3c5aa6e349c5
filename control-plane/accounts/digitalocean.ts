import * as z from 'zod';
import { PxError } from '../../protocol/errors.ts';
import type { AccountIo, Accounts } from './accounts.ts';
import { inHome, readIfThere } from './files.ts';

/** What doctl writes: the token of its default context, and those of others by name. */
const DoctlConfig = z.object({
  'access-token': z.string().nullish(),
  context: z.string().nullish(),
  'auth-contexts': z.record(z.string(), z.string()).nullish(),
});

/** doctl keeps its file where the system keeps such files: Linux, then macOS. */
const pathsOf = (env: AccountIo['env']): string[] => [
  `${env.XDG_CONFIG_HOME ?? inHome(env, '.config')}/doctl/config.yaml`,
  inHome(env, 'Library', 'Application Support', 'doctl', 'config.yaml'),
];

const tokenOfDoctl = async (env: AccountIo['env']): Promise<string | null> => {
  for (const path of pathsOf(env)) {
    const text = await readIfThere(path);
    if (text === null) continue;
    const { parse } = await import('yaml');
    const config = DoctlConfig.safeParse(parse(text));
    if (!config.success) {
      throw new PxError('bad_config', `${path} is none of doctl's.`, { hint: 'doctl auth init' });
    }
    const named = env.DIGITALOCEAN_CONTEXT ?? config.data.context ?? 'default';
    const tokens = config.data['auth-contexts'] ?? {};
    const token = named === 'default' ? config.data['access-token'] : tokens[named];
    if (token) return token;
    if (env.DIGITALOCEAN_CONTEXT !== undefined) {
      throw new PxError('bad_config', `doctl has no context \`${named}\` (${path}).`, {
        hint: `doctl auth init --context ${named}`,
      });
    }
  }
  return null;
};

/** DigitalOcean's token: handed over, or that of doctl. Null where there is none. */
export const openDigitalOcean = async ({
  env,
}: AccountIo): Promise<NonNullable<Accounts['digitalocean']> | null> => {
  const token =
    env.DIGITALOCEAN_TOKEN || env.DIGITALOCEAN_ACCESS_TOKEN || (await tokenOfDoctl(env));
  return token === null ? null : { headers: async () => ({ authorization: `Bearer ${token}` }) };
};
