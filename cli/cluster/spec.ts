import { CLUSTER_DEFAULTS } from '../../protocol/cluster-defaults.ts';
import { PxError } from '../../protocol/errors.ts';
import type { ClusterSpec } from '../../protocol/messages/clusters.ts';
import { ProviderName, type PxYaml } from '../../protocol/px-yaml.ts';
import { parseSize } from '../../protocol/units.ts';
import { countOption } from '../arguments.ts';
import type { Command, Parsed } from '../command.ts';
import { typed } from '../typed.ts';
import { hostsProvider, supported, supportedNames } from './providers.ts';

export type ClusterSection = NonNullable<PxYaml['cluster']>;

// The defaults of the contract.
const DEFAULT_IDLE_TIMEOUT_MS = 15 * 60_000;
export const DEFAULT_MAX_LIFETIME_MS = 24 * 3_600_000;

export const SPEC_OPTIONS: NonNullable<Command['options']> = [
  {
    ...{ name: 'provider', value: 'P', many: true },
    summary: 'where the machines come from: local is this machine; of several, the cheapest',
  },
  { name: 'nodes', value: 'N', summary: `how many (default: ${CLUSTER_DEFAULTS.nodes})` },
  {
    name: 'cpus',
    value: 'N',
    summary: `cpus of a node, at least (default: ${CLUSTER_DEFAULTS.cpusPerNode})`,
  },
  { name: 'memory', value: 'SIZE', summary: 'memory of a node, at least, such as 8GB' },
  { name: 'region', value: 'R', many: true, summary: 'a region, a group (us, eu, asia), or any' },
  {
    ...{ name: 'hosts', value: 'H', many: true },
    summary: 'machines of your own, such as root@10.0.0.5,deploy@10.0.0.6:2222: a node each',
  },
  { name: 'accept-new-host-keys', summary: 'take the keys of hosts that nobody knows yet' },
  { name: 'project', value: 'P', summary: "the cloud's project that pays" },
  { name: 'create-network', summary: "make the cloud's network where there is none of its name" },
  { name: 'spot', summary: 'cheaper machines that the cloud may take back' },
];

const providerNamed = (text: string): ProviderName => {
  const known = ProviderName.safeParse(text);
  if (known.success) return known.data;
  throw new PxError(
    'bad_request',
    `Expected --provider to be ${ProviderName.options.join(', ')}, got ${typed(text)}.`,
  );
};

/** What one value or a list of px.yaml says. */
export const asList = <T>(value: T | readonly T[] | undefined): readonly T[] => {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as T];
};

/** The words of an option that may come more than once, each with commas in it. */
export const listed = (parsed: Parsed, name: string): string[] =>
  parsed.values(name).flatMap((value) => value.split(',').map((word) => word.trim()));

/** The providers to choose from, as the words or else px.yaml name them. */
export const namedProviders = (
  parsed: Parsed,
  section: ClusterSection,
): readonly ProviderName[] => {
  const words = listed(parsed, 'provider');
  return words.length > 0 ? words.map(providerNamed) : asList(section.provider);
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

/** Flags that some providers have no idea of. */
const OPTIONAL = ['memory', 'region', 'spot', 'hosts', 'accept-new-host-keys'];

/** What the words ask for that this provider has no idea of. */
const ignoredBy = (provider: ProviderName, parsed: Parsed, section: ClusterSection): string[] => {
  const asked = [
    ...OPTIONAL.filter((name) => parsed.flag(name)).map((name) => `--${name}`),
    ...Object.keys(section).map((key) => `cluster.${key}`),
  ];
  return asked.filter((name) => !supported(provider)?.reads.includes(name));
};

const checkMemory = (parsed: Parsed): void => {
  const text = parsed.value('memory');
  if (text === undefined || (parseSize(text) ?? 0) > 0) return;
  throw new PxError('bad_request', `Expected --memory to be a size like 8GB, got ${typed(text)}.`);
};

/** Size and times of the cluster that the words and px.yaml ask for; words win. */
export const clusterSize = (
  parsed: Parsed,
  section: ClusterSection,
): Omit<ClusterSpec, 'provider'> => {
  checkMemory(parsed);
  return {
    nodes: countOption(parsed, 'nodes') ?? section.nodes ?? CLUSTER_DEFAULTS.nodes,
    cpusPerNode:
      countOption(parsed, 'cpus') ?? section.cpus_per_node ?? CLUSTER_DEFAULTS.cpusPerNode,
    idleTimeoutMs: section.idle_timeout ?? DEFAULT_IDLE_TIMEOUT_MS,
    maxLifetimeMs: section.max_lifetime ?? DEFAULT_MAX_LIFETIME_MS,
  };
};

const hostsOf = (parsed: Parsed, section: ClusterSection): string[] => {
  const named = listed(parsed, 'hosts');
  if (named.includes('')) {
    throw new PxError('bad_request', 'Expected --hosts to name hosts, got an empty one.', {
      hint: '--hosts root@10.0.0.5,deploy@10.0.0.6:2222',
    });
  }
  return named.length > 0 ? named : [...(section.hosts ?? [])];
};

const GIB = 2 ** 30;

/** Leaves out what nobody named, so that the same words make the same cluster. */
const named = <T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };

/** Whether the words or px.yaml say where the machines come from. */
export const namesProvider = (parsed: Parsed, section: ClusterSection): boolean =>
  namedProviders(parsed, section).length > 0 || hostsOf(parsed, section).length > 0;

/** What a machine of a cloud should be, as far as anybody said. */
const machineSpec = (parsed: Parsed, section: ClusterSection) => {
  const memory = parsed.value('memory');
  const regions = listed(parsed, 'region');
  const places = regions.length > 0 ? regions : asList(section.region);
  const zones = asList(section.zone);
  return named({
    memoryBytes: memory === undefined ? section.memory_per_node : (parseSize(memory) ?? GIB),
    diskBytes: section.disk_per_node,
    regions: places.length > 0 ? [...places] : undefined,
    zones: zones.length > 0 ? [...zones] : undefined,
    spot: parsed.flag('spot') ? true : section.spot,
    arch: section.arch,
    burstable: section.burstable,
    instanceType: section.instance_type,
    image: section.image,
    maxCostUsd: section.max_cost,
    project: parsed.value('project') ?? section.project,
    network: section.network,
    subnetwork: section.subnetwork,
    externalIp: section.external_ip,
    serviceAccount: section.service_account,
  });
};

/** Of several, the one that costs nothing; which cloud is cheaper is said by its offers. */
const cheapest = (providers: readonly ProviderName[]): ProviderName | undefined => {
  const here = providers.filter((candidate) => supported(candidate) !== undefined);
  return here.find((candidate) => supported(candidate)?.isCloud === false) ?? here[0];
};

/** The cluster that the words and px.yaml ask for, of a provider that this px has. */
export const clusterSpec = (
  parsed: Parsed,
  section: ClusterSection,
  name: string,
): { spec: ClusterSpec; ignored: string[] } => {
  const size = clusterSize(parsed, section);
  const providers = namedProviders(parsed, section);
  const hosts = hostsOf(parsed, section);
  const meant = providers.length === 0 && hosts.length > 0 ? hostsProvider() : undefined;
  const provider = meant ?? cheapest(providers);
  if (provider === undefined) throw noProvider(providers, name);
  const takesHosts = supported(provider)?.takesHosts === true;
  const spec: ClusterSpec = {
    ...{ provider, ...size },
    // Nobody pays for machines of one's own, and what runs there may take as long as it takes.
    ...(takesHosts ? { maxLifetimeMs: section.max_lifetime ?? 0 } : {}),
    ...(supported(provider)?.isCloud === true ? machineSpec(parsed, section) : {}),
  };
  if (takesHosts && hosts.length > 0) {
    // They are as large as they are.
    Object.assign(spec, { hosts, cpusPerNode: 0 });
    spec.nodes = countOption(parsed, 'nodes') ?? section.nodes ?? hosts.length;
  }
  return { spec, ignored: ignoredBy(provider, parsed, section) };
};
