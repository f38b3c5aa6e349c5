import type { Client } from '../../protocol/client.ts';
import { isErrorCode, PxError } from '../../protocol/errors.ts';
import type { ClusterView } from '../../protocol/messages/clusters.ts';
import type { Context } from '../context.ts';
import { liveNodes } from './words.ts';

/** 20 s: a long poll shorter than what proxies cut. */
const WAIT_MS = 20_000;
/** 100 ms between answers that come at once, so that a chatty control plane is not asked in a loop. */
const PAUSE_MS = 100;

const unique = (words: readonly (string | null)[]): string[] => [
  ...new Set(words.filter((word) => word !== null)),
];

/** `Node demo-0: …`, one line for each reason. */
const wordsOf = (failed: ClusterView['nodes']): string[] =>
  unique(failed.map(({ problem }) => problem ?? 'it does not answer')).map((problem) => {
    const names = failed.flatMap((node) =>
      (node.problem ?? 'it does not answer') === problem ? [node.name] : [],
    );
    return `${names.length === 1 ? 'Node' : 'Nodes'} ${names.join(', ')}: ${problem}`;
  });

/** What has failed for good, once nothing else is on its way: one bad node does not hide another. */
const failedNode = ({ name, nodes, spec }: ClusterView): PxError | null => {
  // One that is to go may fail as it likes.
  const failed = nodes.filter(({ state, ordinal }) => state === 'lost' && ordinal < spec.nodes);
  if (failed.length === 0 || nodes.some(({ state }) => state === 'provisioning')) return null;
  const codes = unique(failed.map(({ problemCode }) => problemCode ?? 'node_lost'));
  const [code = ''] = codes;
  const hints = unique(failed.map(({ problemHint }) => problemHint));
  return new PxError(
    codes.length === 1 && isErrorCode(code) ? code : 'node_lost',
    wordsOf(failed).join('\n'),
    {
      hint:
        hints.length > 0 ? hints.join('\n') : `px cluster down ${name}, then px cluster up ${name}`,
    },
  );
};

/** Every node that it is to have is ready, and no other is there. */
const isReady = (cluster: ClusterView): boolean => {
  const nodes = liveNodes(cluster);
  const isWhole = nodes.length === cluster.spec.nodes;
  return cluster.state === 'up' && isWhole && nodes.every(({ state }) => state === 'ready');
};

/**
 * Waits until every node of a cluster is ready, by long poll; a control plane that dies meanwhile is
 * started again.
 *
 * @throws PxError in the node's own words: what was refused, else `node_lost`; `cluster_not_up` where somebody took it down
 */
export const awaitReady = async (
  client: Client,
  context: Context,
  first: ClusterView,
  signal: AbortSignal,
): Promise<ClusterView> => {
  let cluster = first;
  let current = client;
  let told = '';
  while (!isReady(cluster)) {
    const failure = failedNode(cluster);
    if (failure !== null) throw failure;
    if (cluster.state !== 'up') {
      throw new PxError('cluster_not_up', `Cluster ${cluster.name} is going down.`, {
        hint: `px cluster up ${cluster.name}`,
      });
    }
    const problem = liveNodes(cluster).find((node) => node.problem !== null);
    const words = problem === undefined ? '' : `Node ${problem.name}: ${problem.problem}`;
    if (words !== told && words !== '') context.output.say(words);
    told = words;
    const { name } = cluster;
    const askedAt = context.clock();
    try {
      const query = { waitMs: WAIT_MS };
      cluster = await current.call('cluster', { params: { name }, query, signal });
    } catch (error) {
      const isGone = error instanceof PxError && error.code === 'unavailable';
      if (!isGone || signal.aborted) throw error;
      // The control plane died: it is started again, and goes on where it was.
      current = await context.reconnect();
    }
    if (context.clock() - askedAt < PAUSE_MS) await context.sleep(PAUSE_MS, signal);
  }
  return cluster;
};
