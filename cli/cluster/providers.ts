import { ProviderName } from '../../protocol/px-yaml.ts';

/** What the CLI says about a provider; one row each, next to its row in the control plane. */
interface ProviderWords {
  /** Completes `<px> `. */
  connected: string;
  /** `Costs $0.00 …`: US dollars an hour of one node with so many cpus. */
  usdPerNodeHour: number;
  /** Flags and keys that it knows what to do with; others are named as ignored. */
  reads: readonly string[];
  /** Its nodes are hosts that are there already, by name. */
  takesHosts: boolean;
  /** Its nodes reach an embedded control plane through tunnels, for as long as it is awake. */
  isFar: boolean;
  /** Its nodes are bought from a cloud: what they are and cost is known once its account was asked. */
  isCloud: boolean;
}

/** What every cloud reads of the words and of px.yaml. */
const CLOUD_READS = [
  ...['--memory', '--region', '--spot'],
  ...['name', 'provider', 'nodes', 'cpus_per_node', 'memory_per_node', 'disk_per_node'].map(
    (key) => `cluster.${key}`,
  ),
  ...['region', 'zone', 'spot', 'arch', 'burstable', 'instance_type', 'image'].map(
    (key) => `cluster.${key}`,
  ),
  ...['idle_timeout', 'max_lifetime', 'project', 'network', 'subnetwork', 'external_ip'].map(
    (key) => `cluster.${key}`,
  ),
  ...['cluster.service_account', 'cluster.max_cost'],
];

const WORDS: Partial<Record<ProviderName, ProviderWords>> = {
  local: {
    connected: 'Using [this machine]. ✅',
    usdPerNodeHour: 0,
    takesHosts: false,
    isFar: false,
    isCloud: false,
    reads: [
      ...['cluster.name', 'cluster.provider', 'cluster.nodes', 'cluster.cpus_per_node'],
      ...['cluster.idle_timeout', 'cluster.max_lifetime'],
    ],
  },
  ssh: {
    connected: 'Using [your own machines]. ✅',
    usdPerNodeHour: 0,
    takesHosts: true,
    isFar: true,
    isCloud: false,
    reads: [
      ...['cluster.name', 'cluster.provider', 'cluster.nodes', 'cluster.hosts'],
      ...['cluster.idle_timeout', 'cluster.max_lifetime'],
      ...['--hosts', '--accept-new-host-keys'],
    ],
  },
  gcp: {
    connected: 'Asking [Google Cloud Platform].',
    usdPerNodeHour: 0,
    takesHosts: false,
    isFar: true,
    isCloud: true,
    reads: CLOUD_READS,
  },
};

/** The words of a provider that this px has; undefined for one that is not built yet. */
export const supported = (name: ProviderName): ProviderWords | undefined => WORDS[name];

/** The providers that this px has. */
export const supportedNames = (): string[] => Object.keys(WORDS);

/** The provider of hosts that people own: meant where hosts are named and no provider is. */
export const hostsProvider = (): ProviderName | undefined =>
  ProviderName.options.find((name) => WORDS[name]?.takesHosts === true);
