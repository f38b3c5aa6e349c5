import { PxError } from '../../protocol/errors.ts';
import type { ClusterView } from '../../protocol/messages/clusters.ts';
import type { Context } from '../context.ts';
import { insist } from '../server/insist.ts';
import { liveNodes } from './words.ts';

type Reach = Pick<Context, 'client' | 'reconnect' | 'sleep'>;

/** Takes a cluster down; a control plane that dies meanwhile is started again, and goes on with it. */
export const takeDown = (context: Reach, name: string, force: boolean): Promise<ClusterView> =>
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

/** Nodes that are there still, and machines that were given up because nobody reaches them. */
export const whatIsLeft = (cluster: ClusterView): string[] => [
  ...liveNodes(cluster).map((node) => `node ${node.name} (${node.state})`),
  ...cluster.nodes
    .filter(({ state, problem }) => state === 'terminated' && problem !== null)
    .map(({ name, problem }) => `node ${name}, given up (${problem})`),
];

/** Takes down a cluster that did not come up, and says what is left of it; why it did not is told by others. */
export const undoUp = async (
  context: Reach & { output: Pick<Context['output'], 'say'> },
  name: string,
): Promise<void> => {
  try {
    const left = whatIsLeft(await takeDown(context, name, true));
    context.output.say(`Took down what was created. Left: ${left.join(', ') || 'nothing'}.`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    context.output.say(
      `What was created is still there: ${why} To try again: px cluster down ${name}`,
    );
  }
};
