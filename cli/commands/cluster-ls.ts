import type { ClusterView } from '../../protocol/messages/clusters.ts';
import { noArguments } from '../arguments.ts';
import { findStrays, showStrays } from '../cluster/strays.ts';
import { clusterUsdPerHour, liveNodes, stateWords } from '../cluster/words.ts';
import type { Command } from '../command.ts';
import { age, usd } from '../output/units.ts';
import { collectPages } from '../pages.ts';

/** 1,000: nobody looks at more clusters at once. */
const MOST = 1000;

const HEAD = ['NAME', 'STATE', 'PROVIDER', 'NODES', 'SLOTS', 'JOBS', 'AGE', 'COST/HOUR'];

const rowOf = (cluster: ClusterView, now: number): string[] => {
  const live = liveNodes(cluster);
  const ready = live.filter(({ state }) => state === 'ready').length;
  return [
    cluster.name,
    stateWords(cluster),
    cluster.spec.provider,
    `${ready}/${live.length} ready`,
    String(live.reduce((sum, { slots }) => sum + slots, 0)),
    String(cluster.runningJobs),
    age(now - cluster.createdAt),
    usd(cluster.state === 'down' ? 0 : clusterUsdPerHour(cluster)),
  ];
};

export const clusterLs: Command = {
  path: ['cluster', 'ls'],
  summary: 'list clusters',
  options: [
    {
      name: 'all',
      short: 'a',
      summary: 'those that are down too, and machines that no cluster knows',
    },
  ],
  example: 'px cluster ls',
  details: `
With --all px looks through your cloud accounts for strays: machines with px's labels that no cluster of
this control plane knows. Those of other people's control planes are among them. px deletes none by
itself: px cluster down NAME --stray. Under --json it is {"clusters": […], "strays": […]} then.`,
  handler: async (parsed, context) => {
    noArguments(parsed);
    const client = await context.client();
    const all = parsed.flag('all');
    const clusters = await collectPages(
      (page) => client.call('clusters', { query: { ...page, all } }),
      MOST,
    );
    const strays = all ? await findStrays(context) : [];
    if (context.json) context.output.json(all ? { clusters, strays } : clusters);
    else if (clusters.length === 0) {
      context.output.say('No clusters. The first: px cluster up demo --provider local');
    } else
      context.output.table(
        HEAD,
        clusters.map((cluster) => rowOf(cluster, context.now())),
      );
    if (!context.json && strays.length > 0) showStrays(context, strays);
    return 0;
  },
};
