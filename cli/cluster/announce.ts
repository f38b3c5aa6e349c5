import type { ClusterView } from '../../protocol/messages/clusters.ts';
import type { Context } from '../context.ts';
import { liveNodes, shape } from './words.ts';

/** Says that a cluster is up, with what it has; under -v how long its machines took. */
export const announce = (context: Context, cluster: ClusterView): void => {
  const nodes = liveNodes(cluster);
  const cores = nodes.reduce((sum, { slots }) => sum + slots, 0);
  const each = nodes[0]?.slots ?? 0;
  const { length } = nodes;
  const same = nodes.every(({ slots }) => slots === each);
  const words = same ? shape(length, each) : `${length} nodes = ${cores} cores`;
  for (const { name, phases } of nodes) {
    if (phases === null) continue;
    const each = Object.entries(phases).map(([phase, ms]) => `${phase} ${ms} ms`);
    context.output.detail(`Node ${name}: ${each.join(', ')}.`);
  }
  context.output.say(`Cluster up [${words}]. ✅`);
};
