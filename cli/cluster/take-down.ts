import { PxError } from '../../protocol/errors.ts';
import type { ClusterView } from '../../protocol/messages/clusters.ts';
import type { Context } from '../context.ts';
import { insist } from '../server/insist.ts';

/** Takes a cluster down; a control plane that dies meanwhile is started again, and goes on with it. */
export const takeDown = (context: Context, name: string, force: boolean): Promise<ClusterView> =>
  insist(context, async (client, tries) => {
    try {
      return await client.call('clusterDown', { params: { name }, query: { force } });
    } catch (error) {
      const isDone = tries > 1 && error instanceof PxError && error.code === 'cluster_not_found';
      if (!isDone) throw error;
      // The try before this one has done it.
      return client.call('cluster', { params: { name } });
    }
  });
