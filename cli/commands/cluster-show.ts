import type { ClusterView, NodeView } from '../../protocol/messages/clusters.ts';
import { clusterArgument, optionalArgument } from '../arguments.ts';
import { clusterUsdPerHour, nodeUsdPerHour, price, stateWords } from '../cluster/words.ts';
import type { Command } from '../command.ts';
import { printFields } from '../output/fields.ts';
import type { Output } from '../output/output.ts';
import { age, moment, size, span, usd } from '../output/units.ts';

const HEAD = [
  'NODE',
  'STATE',
  'SLOTS',
  'BUSY',
  'LOAD',
  'CPUS',
  'MEMORY',
  'UPTIME',
  'COST/HOUR',
  'MACHINE',
  'VERSION',
  'JOINS',
  'SEEN',
  'PROBLEM',
];

const SPARE = [
  ...['VERSION', 'JOINS', 'CPUS', 'MEMORY', 'LOAD', 'MACHINE', 'UPTIME', 'COST/HOUR', 'SEEN'],
  'PROBLEM',
];

/** Of its machine, which may have been made again; a node that is gone has none. */
const ofMachine = (node: NodeView, now: number): string[] =>
  node.state === 'terminated' ? ['-', '-'] : [age(now - node.createdAt), usd(nodeUsdPerHour(node))];

/** `e2-standard-2 in us-central1-a`, as the cloud's console has it. */
const machineOf = ({ offer }: NodeView): string =>
  offer === null ? '-' : `${offer.instanceType} in ${offer.zone || offer.region}`;

const rowOf = (node: NodeView, now: number): string[] => [
  node.name,
  node.state,
  String(node.slots),
  String(node.leases),
  node.load?.toFixed(2) ?? '-',
  node.cpus === null ? '-' : String(node.cpus),
  node.memoryBytes === null ? '-' : size(node.memoryBytes),
  ...ofMachine(node, now),
  machineOf(node),
  node.version ?? '-',
  String(node.incarnation),
  node.seenAt === null ? 'never' : `${age(now - node.seenAt)} ago`,
  node.problem ?? '-',
];

const limit = (ms: number): string => (ms === 0 ? 'never' : span(ms));

const printCluster = (output: Output, cluster: ClusterView): Promise<void> =>
  printFields(output, [
    ['Cluster', cluster.name],
    ['Id', cluster.id],
    ['State', stateWords(cluster)],
    ['Provider', cluster.spec.provider],
    ['Idle timeout', limit(cluster.spec.idleTimeoutMs)],
    ['Max lifetime', limit(cluster.spec.maxLifetimeMs)],
    ['Max cost', cluster.spec.maxCostUsd === undefined ? null : usd(cluster.spec.maxCostUsd)],
    ['Created', moment(cluster.createdAt)],
    ['Down', cluster.downAt === null ? null : moment(cluster.downAt)],
    ['Running jobs', String(cluster.runningJobs)],
    ['Jobs with files to fetch', String(cluster.uncollectedJobs)],
    ['Cost', price(cluster.state === 'down' ? 0 : clusterUsdPerHour(cluster))],
  ]);

export const clusterShow: Command = {
  path: ['cluster', 'show'],
  summary: 'show a cluster and its nodes',
  positionals: '[NAME]',
  example: 'px cluster show demo',
  details: 'Without NAME it is cluster.name of px.yaml.',
  handler: async (parsed, context) => {
    const name = await clusterArgument(optionalArgument(parsed), context);
    const client = await context.client();
    const cluster = await client.call('cluster', { params: { name } });
    if (context.json) {
      context.output.json(cluster);
      return 0;
    }
    await printCluster(context.output, cluster);
    context.output.table(
      HEAD,
      cluster.nodes.map((node) => rowOf(node, context.now())),
      SPARE,
    );
    return 0;
  },
};
