import { PxError } from '../../protocol/errors.ts';
import { ProviderName, type PxYaml } from '../../protocol/px-yaml.ts';
import type { Parsed } from '../command.ts';
import { ask } from '../confirm.ts';
import type { Context } from '../context.ts';
import { accessOf } from './access.ts';
import { ofBuckets } from './clouds.ts';
import { supported, supportedNames } from './providers.ts';
import { type ClusterSection, namesProvider } from './spec.ts';

/** The provider of the cluster that is up: the same `up` again changes nothing. */
const ofCluster = async (context: Context, name: string): Promise<ProviderName | undefined> => {
  const client = await context.client();
  try {
    const { state, spec } = await client.call('cluster', { params: { name } });
    return state === 'down' ? undefined : spec.provider;
  } catch (error) {
    if (error instanceof PxError && error.code === 'cluster_not_found') return undefined;
    throw error;
  }
};

/** The only connected account's cloud, else what somebody says who is asked. */
const connectedOrAsked = async (context: Context): Promise<ProviderName | undefined> => {
  const client = await context.client();
  const access = accessOf(context.env, { acceptNewHostKeys: false });
  const { providers } = await client.call('connected', { json: { access } });
  const known = providers.filter((provider) => supported(provider) !== undefined);
  if (known.length === 1) return known[0];
  const said = await ask(context, `Where? ${supportedNames().join(', ')}: `);
  return ProviderName.safeParse(said).data;
};

/**
 * The cluster section of px.yaml; where neither it nor the words name a provider or hosts, with the
 * cloud of the buckets, else the only connected account's, else the one that somebody is asked for.
 */
export const withProvider = async (
  context: Context,
  parsed: Parsed,
  config: PxYaml,
  name: string,
): Promise<ClusterSection> => {
  const section = config.cluster ?? {};
  if (namesProvider(parsed, section)) return section;
  const buckets = ofBuckets(config);
  if (buckets.length > 0) return { ...section, provider: buckets };
  const provider = (await ofCluster(context, name)) ?? (await connectedOrAsked(context));
  return provider === undefined ? section : { ...section, provider };
};
