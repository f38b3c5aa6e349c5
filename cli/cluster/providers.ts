import type { ProviderName } from '../../protocol/px-yaml.ts';

/** What the CLI says about a provider; one row each, next to its row in the control plane. */
interface ProviderWords {
  /** Completes `<px> `. */
  connected: string;
  /** `Costs $0.00 …`: US dollars an hour of one node with so many cpus. */
  usdPerNodeHour: number;
  /** Flags and keys that it knows what to do with; others are named as ignored. */
  reads: readonly string[];
}

const WORDS: Partial<Record<ProviderName, ProviderWords>> = {
  local: {
    connected: 'Using [this machine]. ✅',
    usdPerNodeHour: 0,
    reads: [
      ...['cluster.name', 'cluster.provider', 'cluster.nodes', 'cluster.cpus_per_node'],
      ...['cluster.idle_timeout', 'cluster.max_lifetime'],
    ],
  },
};

/** The words of a provider that this px has; undefined for one that is not built yet. */
export const supported = (name: ProviderName): ProviderWords | undefined => WORDS[name];

/** The providers that this px has. */
export const supportedNames = (): string[] => Object.keys(WORDS);
