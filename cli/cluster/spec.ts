import { PxError } from '../../protocol/errors.ts';
import type { ClusterSpec } from '../../protocol/messages/clusters.ts';
import { ProviderName, type PxYaml } from '../../protocol/px-yaml.ts';
import { parseSize } from '../../protocol/units.ts';
import { countOption } from '../arguments.ts';
import type { Command, Parsed } from '../command.ts';
import { typed } from '../typed.ts';
import { supported, supportedNames } from './providers.ts';

type ClusterSection = NonNullable<PxYaml['cluster']>;

// The defaults of the contract.
const DEFAULT_NODES = 1;
const DEFAULT_CPUS_PER_NODE = 2;
const DEFAULT_IDLE_TIMEOUT_MS = 15 * 60_000;
const DEFAULT_MAX_LIFETIME_MS = 24 * 3_600_000;

export const SPEC_OPTIONS: NonNullable<Command['options']> = [
  { name: 'provider', value: 'P', summary: 'where the machines come from: local is this machine' },
  { name: 'nodes', value: 'N', summary: `how many (default: ${DEFAULT_NODES})` },
  {
    name: 'cpus',
    value: 'N',
    summary: `cpus of a node, at least (default: ${DEFAULT_CPUS_PER_NODE})`,
  },
  { name: 'memory', value: 'SIZE', summary: 'memory of a node, at least, such as 8GB' },
  { name: 'region', value: 'R', summary: 'a region, a group (us, eu, asia), or any' },
  { name: 'spot', summary: 'cheaper machines that the cloud may take back' },
];

const providerOption = (parsed: Parsed): ProviderName | undefined => {
  const text = parsed.value('provider');
  if (text === undefined) return undefined;
  const known = ProviderName.safeParse(text);
  if (known.success) return known.data;
  throw new PxError(
    'bad_request',
    `Expected --provider to be ${ProviderName.options.join(', ')}, got ${typed(text)}.`,
  );
};

const asList = <T>(value: T | readonly T[] | undefined): readonly T[] => {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as T];
};

const noProvider = (named: readonly ProviderName[], name: string): PxError => {
  const here = supportedNames().join(', ');
  const hint = `px cluster up ${name} --provider ${supportedNames()[0]}`;
  return named.length === 0
    ? new PxError('bad_request', `Expected a provider, got none. This px has: ${here}.`, { hint })
    : new PxError(
        'provider_unsupported',
        `This px has no provider ${named.join(', ')} yet. It has: ${here}.`,
        { hint },
      );
};

/** What the words ask for that this provider has no idea of. */
const ignoredBy = (provider: ProviderName, parsed: Parsed, section: ClusterSection): string[] => {
  const asked = [
    ...['memory', 'region', 'spot'].filter((name) => parsed.flag(name)).map((name) => `--${name}`),
    ...Object.keys(section).map((key) => `cluster.${key}`),
  ];
  return asked.filter((name) => !supported(provider)?.reads.includes(name));
};

const checkMemory = (parsed: Parsed): void => {
  const text = parsed.value('memory');
  if (text === undefined || (parseSize(text) ?? 0) > 0) return;
  throw new PxError('bad_request', `Expected --memory to be a size like 8GB, got ${typed(text)}.`);
};

/** The cluster that the words and px.yaml ask for; words win. */
export const clusterSpec = (
  parsed: Parsed,
  section: ClusterSection,
  name: string,
): { spec: ClusterSpec; ignored: string[] } => {
  checkMemory(parsed);
  const named = providerOption(parsed) ?? section.provider;
  const provider = asList(named).find((candidate) => supported(candidate) !== undefined);
  if (provider === undefined) throw noProvider(asList(named), name);
  const spec = {
    provider,
    nodes: countOption(parsed, 'nodes') ?? section.nodes ?? DEFAULT_NODES,
    cpusPerNode: countOption(parsed, 'cpus') ?? section.cpus_per_node ?? DEFAULT_CPUS_PER_NODE,
    idleTimeoutMs: section.idle_timeout ?? DEFAULT_IDLE_TIMEOUT_MS,
    maxLifetimeMs: section.max_lifetime ?? DEFAULT_MAX_LIFETIME_MS,
  };
  return { spec, ignored: ignoredBy(provider, parsed, section) };
};
