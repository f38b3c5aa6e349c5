import { offerUsdPerHour } from '../../protocol/cluster-price.ts';
import type { ClusterSpec, ClusterView, NodeView } from '../../protocol/messages/clusters.ts';
import { plural, span, usd } from '../output/units.ts';
import { price as exact } from '../pricing/words.ts';
import { supported } from './providers.ts';
import { DEFAULT_MAX_LIFETIME_MS } from './spec.ts';

const MINUTES_PER_HOUR = 60;

/** `2 nodes x 4 cores = 8 cores`; where nobody knows yet how many cores: 0. */
export const shape = (nodes: number, cores: number): string =>
  cores === 0
    ? `${plural(nodes, 'node')} with all ${nodes === 1 ? 'its' : 'their'} cores`
    : `${plural(nodes, 'node')} x ${plural(cores, 'core')} = ${plural(nodes * cores, 'core')}`;

/** US dollars an hour of a node's machine. */
export const nodeUsdPerHour = ({ offer }: Pick<NodeView, 'offer'>): number =>
  offer === null ? 0 : offerUsdPerHour(offer);

/** US dollars an hour of the machines that a cluster has now. */
export const clusterUsdPerHour = (cluster: ClusterView): number =>
  liveNodes(cluster).reduce((sum, node) => sum + nodeUsdPerHour(node), 0);

/** US dollars an hour of the whole cluster. */
export const usdPerHour = ({ provider, nodes }: ClusterSpec): number =>
  (supported(provider)?.usdPerNodeHour ?? 0) * nodes;

/** `$0.00 an hour, $0.00 a minute`. */
export const price = (perHour: number): string => {
  const minute = perHour / MINUTES_PER_HOUR;
  // A cent is more than most clusters cost in a minute.
  return `${usd(perHour)} an hour, ${minute === 0 ? usd(0) : exact(minute)} a minute`;
};

/** Nodes that are still there. */
export const liveNodes = ({ nodes }: ClusterView): ClusterView['nodes'] =>
  nodes.filter(({ state }) => state !== 'terminated');

/** `up`, `going down`; `coming up` while nodes are on their way that were never there. */
export const stateWords = (cluster: ClusterView): string => {
  const isComing = liveNodes(cluster).some(
    ({ state, incarnation }) => state === 'provisioning' && incarnation === 0,
  );
  return cluster.state === 'up' && isComing ? 'coming up' : cluster.state.replace('_', ' ');
};

/** `goes down after 15m without a job`: what ends the cluster without anybody's doing. */
export const endWords = (
  spec: Pick<ClusterSpec, 'idleTimeoutMs' | 'maxLifetimeMs' | 'maxCostUsd'>,
): string => {
  const { idleTimeoutMs, maxLifetimeMs, maxCostUsd } = spec;
  const isLongest = maxLifetimeMs === DEFAULT_MAX_LIFETIME_MS && idleTimeoutMs > 0;
  const ends = [
    ...(idleTimeoutMs > 0 ? [`after ${span(idleTimeoutMs)} without a job`] : []),
    ...(maxLifetimeMs > 0 && !isLongest ? [`after ${span(maxLifetimeMs)} at the latest`] : []),
    ...(maxCostUsd === undefined ? [] : [`at ${usd(maxCostUsd)}`]),
  ];
  return ends.length === 0 ? 'never goes down by itself' : `goes down ${ends.join(', or ')}`;
};

const SPEC_WORDS: Record<keyof ClusterSpec, string> = {
  provider: 'provider',
  nodes: 'nodes',
  cpusPerNode: 'cpus_per_node',
  idleTimeoutMs: 'idle_timeout',
  maxLifetimeMs: 'max_lifetime',
  hosts: 'hosts',
  memoryBytes: 'memory_per_node',
  diskBytes: 'disk_per_node',
  regions: 'region',
  zones: 'zone',
  spot: 'spot',
  arch: 'arch',
  burstable: 'burstable',
  instanceType: 'instance_type',
  image: 'image',
  maxCostUsd: 'max_cost',
  project: 'project',
  network: 'network',
  subnetwork: 'subnetwork',
  externalIp: 'external_ip',
  serviceAccount: 'service_account',
};

const shown = (key: keyof ClusterSpec, spec: ClusterSpec): string => {
  const value = spec[key];
  if (value === undefined) return key === 'spot' ? 'no' : 'not set';
  if (value === true) return 'yes';
  if (key === 'cpusPerNode' && value === 0) return 'all of the host';
  if (key.endsWith('Bytes')) return `${Number(value) / 2 ** 30}GB`;
  return key.endsWith('Ms') ? span(Number(value)) : String(value);
};

/** `nodes: 2, asked for 3`, one line for each key that differs. */
export const differences = (is: ClusterSpec, asked: ClusterSpec): string[] =>
  (Object.keys(SPEC_WORDS) as (keyof ClusterSpec)[])
    .filter((key) => String(is[key]) !== String(asked[key]))
    .map((key) => `${SPEC_WORDS[key]}: ${shown(key, is)}, asked for ${shown(key, asked)}`);
