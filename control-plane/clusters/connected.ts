import type { ClusterAccess } from '../../protocol/messages/clusters.ts';
import type { ProviderName } from '../../protocol/px-yaml.ts';
import type { Deps } from '../deps.ts';

/** The clouds for which the caller has credentials. What these may do is found out when they are used. */
export const listConnected = async (
  { providers }: Pick<Deps, 'providers'>,
  { env }: ClusterAccess,
): Promise<ProviderName[]> => {
  const answers = await Promise.all(
    providers.all.map(async ({ name, isConnected }) =>
      (await isConnected?.({ env })) === true ? [name] : [],
    ),
  );
  return answers.flat();
};
