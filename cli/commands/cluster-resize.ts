import { PxError } from '../../protocol/errors.ts';
import { clusterArgument, countOption, optionalArgument } from '../arguments.ts';
import { announce } from '../cluster/announce.ts';
import { awaitReady } from '../cluster/await-ready.ts';
import { onInterruption } from '../cluster/interruption.ts';
import type { Command } from '../command.ts';
import { insist } from '../server/insist.ts';

const SIGNAL_STATUS = { SIGINT: 130, SIGTERM: 143 } as const;

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
      const asked = await insist(context, (now) =>
        now.call('clusterResize', { params: { name }, json: { nodes } }),
      );
      const cluster = await awaitReady(client, context, asked, interruption.abort);
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
