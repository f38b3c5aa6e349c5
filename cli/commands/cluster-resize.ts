import { PxError } from '../../protocol/errors.ts';
import type { ClusterResize, ClusterView } from '../../protocol/messages/clusters.ts';
import { clusterArgument, countOption, optionalArgument } from '../arguments.ts';
import { agreedPrice } from '../cluster/agreed-price.ts';
import { announce } from '../cluster/announce.ts';
import { awaitReady } from '../cluster/await-ready.ts';
import { onInterruption } from '../cluster/interruption.ts';
import { clusterUsdPerHour, price } from '../cluster/words.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { plural } from '../output/units.ts';
import { insist } from '../server/insist.ts';
import { SIGNAL_STATUS } from '../signal-status.ts';

/** Asks for so many nodes, and the user where they cost much. */
const askResize = async (context: Context, name: string, nodes: number): Promise<ClusterView> => {
  const ask = (agreed: Pick<ClusterResize, 'agreedUsdPerHour' | 'agreesToAny'>) =>
    insist(context, (now) =>
      now.call('clusterResize', { params: { name }, json: { nodes, ...agreed } }),
    );
  try {
    return await ask(context.yes ? { agreesToAny: true } : {});
  } catch (error) {
    const agreedUsdPerHour = await agreedPrice(context, error);
    if (agreedUsdPerHour === null) throw error;
    return await ask({ agreedUsdPerHour });
  }
};

const otherSize = ({ name, spec }: ClusterView, nodes: number): PxError =>
  new PxError(
    'cluster_spec_differs',
    `Cluster ${name} is to have ${plural(spec.nodes, 'node')} by now, and not ${nodes}: somebody has resized it meanwhile.`,
    { hint: `If ${nodes} it is, the same again: px cluster resize ${name} --nodes ${nodes}` },
  );

export const clusterResize: Command = {
  path: ['cluster', 'resize'],
  summary: 'change the number of nodes of a cluster that is up',
  positionals: '[NAME]',
  options: [{ name: 'nodes', value: 'N', summary: 'how many from now on' }],
  example: 'px cluster resize demo --nodes 4',
  details: `
Jobs go on meanwhile. New nodes take part as they come; nodes that go end first what they run, and px
waits for that. Ctrl-C ends the waiting alone.`,
  handler: async (parsed, context) => {
    const name = await clusterArgument(optionalArgument(parsed), context);
    const nodes = countOption(parsed, 'nodes');
    if (nodes === undefined) {
      throw new PxError('bad_request', 'Expected --nodes N, got nothing.', {
        hint: `px cluster resize ${name} --nodes 2`,
      });
    }
    const client = await context.client();
    const interruption = onInterruption(context);
    try {
      const asked = await askResize(context, name, nodes);
      const cluster = await awaitReady(client, context, asked, interruption.abort);
      if (cluster.spec.nodes !== nodes) throw otherSize(cluster, nodes);
      const perHour = clusterUsdPerHour(cluster);
      if (perHour > 0) context.output.say(`Costs ${price(perHour)}.`);
      announce(context, cluster);
      if (context.json) context.output.json(cluster);
      return 0;
    } catch (error) {
      const signal = interruption.received();
      if (signal === null) throw error;
      return SIGNAL_STATUS[signal];
    } finally {
      interruption.undo();
    }
  },
};
