import { CLUSTER_DEFAULTS } from '../../protocol/cluster-defaults.ts';
import { got, PxError } from '../../protocol/errors.ts';
import type { RequirementsQuery } from '../../protocol/messages/pricing.ts';
import { ANY_REGION, homeRegions } from '../../protocol/regions.ts';

/** What a machine must be, defaults filled in. All minimums are per node. */
export interface Requirements {
  cpus: number;
  memoryGib: number;
  /** Boot disk to pay for. */
  diskGb: number;
  /** Boot disk that a machine must have where it comes with the machine. */
  diskGbMin: number;
  arch: 'x86_64' | 'arm64' | 'any';
  /** Null: no GPU wanted, so that none is paid for. `words` are those of the GPU's name. */
  gpu: { words: readonly string[]; count: number } | null;
  /** Whether machines with a GPU are fine where none is wanted. */
  gpuUnasked: boolean;
  /** `prefer` ranks both prices of an offer. */
  spot: 'on-demand' | 'spot' | 'prefer';
  /** Null: everywhere. Regions or groups. */
  regions: readonly string[] | null;
  zones: readonly string[] | null;
  /** Regions by cloud that an account has; a cloud that is not in it is not held to any. */
  ownRegions: ReadonlyMap<string, ReadonlySet<string>>;
  providers: readonly string[] | null;
  burstable: boolean;
  bareMetal: boolean;
  prevGen: boolean;
  /** Names; they lift the defaults that would keep them out. Null: any type. */
  instanceTypes: readonly string[] | null;
  nodes: number;
  hours: number;
  /** Whether boot disk and address are left out of the total. */
  computeOnly: boolean;
}

/** `nvidia-tesla-a100` is nvidia, tesla, a100: `a100` finds it, and `l4` does not find `l40s`. */
export const gpuWords = (name: string): readonly string[] =>
  name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');

/** `2`, `l4`, `nvidia-l4:2`. */
const parseGpu = (text: string): Requirements['gpu'] => {
  if (/^\d+$/.test(text)) return text === '0' ? null : { words: [], count: Number(text) };
  const [, name, count] = /^([a-z][a-z0-9 ._-]*?)(?::(\d+))?$/i.exec(text) ?? [];
  if (name === undefined || count === '0') {
    throw new PxError(
      'bad_request',
      `Expected a GPU such as 1, l4 or nvidia-l4:2, got ${got(text)}.`,
    );
  }
  return { words: gpuWords(name), count: Number(count ?? 1) };
};

const SPOT = {
  '0': 'on-demand',
  false: 'on-demand',
  '1': 'spot',
  true: 'spot',
  prefer: 'prefer',
} as const;

const named = (names: readonly string[] | undefined): readonly string[] | null =>
  names === undefined || names.length === 0 ? null : names;

const regionsOf = (names: readonly string[] | undefined): readonly string[] | null =>
  names?.includes(ANY_REGION) === true ? null : named(names);

/** Everything that the named filters leave: no default keeps a row out. */
export const everythingOf = (query: RequirementsQuery): Requirements => ({
  ...requirementsOf(query),
  arch: query.arch ?? 'any',
  burstable: query.burstable ?? true,
  bareMetal: query.bare_metal ?? true,
  prevGen: query.previous ?? true,
  diskGbMin: query.disk ?? 0,
  gpuUnasked: true,
});

/** A cluster's cores and memory where nobody names them, in the unit that they are asked in. */
const sizeOf = ({ cpus, memory, nodes = 1, per }: RequirementsQuery) => {
  const least = CLUSTER_DEFAULTS.cpusPerNode * (per === 'cluster' ? nodes : 1);
  const wanted = cpus ?? least;
  return { cpus: wanted, memory: memory ?? wanted * CLUSTER_DEFAULTS.memoryGibPerCpu };
};

/**
 * The same for a cluster, with the defaults of px.yaml. It is not for every corner of the world: where no
 * region is named it comes up in the home region of each of its clouds. A type that is named is as large
 * as it is: px.yaml always has a size of nodes, be it the default.
 */
export const clusterRequirements = (query: RequirementsQuery): Requirements => ({
  ...requirementsOf({ ...query, ...sizeOf(query) }),
  ...(query.instance_type === undefined ? {} : { cpus: 0, memoryGib: 0 }),
  ...(query.region === undefined && query.zone === undefined
    ? { regions: homeRegions(query.provider) }
    : {}),
});

/** Fills in the defaults. A type that is named lifts those that would keep it out. */
export const requirementsOf = (query: RequirementsQuery): Requirements => {
  const instanceTypes = named(query.instance_type);
  const isNamed = instanceTypes !== null;
  const nodes = query.nodes ?? 1;
  const share = query.per === 'cluster' ? nodes : 1;
  return {
    cpus: (query.cpus ?? 0) / share,
    memoryGib: (query.memory ?? 0) / share,
    diskGb: query.disk ?? CLUSTER_DEFAULTS.diskGb,
    diskGbMin: query.disk ?? (isNamed ? 0 : CLUSTER_DEFAULTS.diskGb),
    arch: query.arch ?? (isNamed ? 'any' : 'x86_64'),
    gpu: query.gpu === undefined ? null : parseGpu(query.gpu),
    gpuUnasked: isNamed,
    spot: SPOT[query.spot ?? 'false'],
    regions: regionsOf(query.region),
    zones: named(query.zone),
    ownRegions: new Map(),
    providers: named(query.provider),
    burstable: query.burstable ?? isNamed,
    bareMetal: query.bare_metal ?? isNamed,
    prevGen: query.previous ?? isNamed,
    instanceTypes,
    nodes,
    hours: query.hours ?? 1,
    computeOnly: query.compute_only ?? false,
  };
};
