import * as z from 'zod';
import { PxError } from '../../protocol/errors.ts';
import { ClusterView } from '../../protocol/messages/clusters.ts';
import type { Ways } from './options.ts';
import type { ServerFile } from './server-file.ts';
import { stopServer } from './stop-server.ts';

const compare = (a: string, b: string): number => {
  const [left, right] = [a, b].map((version) => version.split(/[.+-]/).map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

/** Whether this px is newer than the one whose server runs. */
export const isNewer = (own: Ways['own'], file: ServerFile): boolean =>
  own.protocol > file.protocol ||
  (own.protocol === file.protocol && compare(own.version, file.version) > 0);

// Only what is needed, so that an older server's answer is understood.
const Clusters = z.object({
  items: z.array(
    ClusterView.pick({ name: true }).extend({
      nodes: z.array(z.object({ state: z.string(), protocol: z.int().nullable() })),
    }),
  ),
});

const outside = async ({ fetch, own }: Ways, file: ServerFile): Promise<string[]> => {
  const response = await fetch(`${file.url}/v1/clusters?limit=1000`, {
    method: 'GET',
    headers: { authorization: `Bearer ${file.token}` },
  });
  const { items } = Clusters.parse(JSON.parse(await response.text()));
  const isOutside = (protocol: number | null): boolean =>
    protocol !== null && (protocol < own.oldest || protocol > own.protocol);
  const isLive = (state: string): boolean => state === 'ready' || state === 'draining';
  return items
    .filter(({ nodes }) => nodes.some((node) => isLive(node.state) && isOutside(node.protocol)))
    .map(({ name }) => name);
};

/**
 * Stops an older px's server so that this one's can take its place; its workers stay and reconnect.
 * Throws `upgrade_required` where some of them speak a protocol that this px has given up.
 */
export const stopForUpgrade = async (ways: Ways, file: ServerFile): Promise<void> => {
  const clusters = await outside(ways, file);
  if (clusters.length === 0) return stopServer(ways, file);
  const words = clusters.join(', ');
  throw new PxError(
    'upgrade_required',
    `px ${ways.own.version} cannot take over from the running px ${file.version}: workers of ${words} speak an older protocol.`,
    { hint: `With px ${file.version}: px cluster down ${clusters[0]}` },
  );
};
