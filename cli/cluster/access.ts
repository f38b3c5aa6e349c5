import { randomUUID } from 'node:crypto';
import type { ClusterAccess } from '../../protocol/messages/clusters.ts';

/**
 * Variables that say where the caller's keys and accounts are: paths and names, never key material. They
 * are stored with the cluster; proxies are not among them, as their addresses may hold a password.
 */
const NAMES = [
  ...['HOME', 'SSH_AUTH_SOCK'],
  ...['GOOGLE_APPLICATION_CREDENTIALS', 'GOOGLE_CLOUD_PROJECT', 'GOOGLE_CLOUD_QUOTA_PROJECT'],
  ...['CLOUDSDK_CONFIG', 'CLOUDSDK_ACTIVE_CONFIG_NAME', 'CLOUDSDK_CORE_PROJECT'],
  'CLOUDSDK_COMPUTE_REGION',
];

/** How the caller reaches machines and accounts, for a control plane that knows nothing of its shell. */
export const accessOf = (
  env: Readonly<Record<string, string | undefined>>,
  agreed: Pick<ClusterAccess, 'acceptNewHostKeys' | 'createNetwork' | 'agreesToAny'>,
): ClusterAccess => ({
  env: Object.fromEntries(
    NAMES.flatMap((name) => {
      const value = env[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  ),
  hostKeys: [],
  ...agreed,
  attended: true,
  caller: randomUUID(),
});
