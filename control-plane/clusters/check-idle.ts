import { PxError } from '../../protocol/errors.ts';
import type { ClusterSpec } from '../../protocol/messages/clusters.ts';
import type { Provider } from '../providers/provider.ts';

/** Who logs in on a machine elsewhere is seen within 5 s, and a session takes some to begin. */
const SHORTEST_IDLE_MS = 15_000;

/** Throws `bad_request` for an idle_timeout in which nobody could be seen to use the cluster. */
export const checkIdle = ({ idleTimeoutMs }: ClusterSpec, { promises }: Provider): void => {
  const isSeen = idleTimeoutMs === 0 || idleTimeoutMs >= SHORTEST_IDLE_MS;
  if (promises.onThisMachine || isSeen) return;
  throw new PxError(
    'bad_request',
    `Expected cluster.idle_timeout to be at least 15s, or 0, got ${idleTimeoutMs / 1000}s.`,
    { hint: 'Set cluster.idle_timeout in px.yaml to 15s or more; 0: never.' },
  );
};
