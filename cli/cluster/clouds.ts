import type { ProviderName, PxYaml } from '../../protocol/px-yaml.ts';
import { homeRegions } from '../../protocol/regions.ts';
import type { Parsed } from '../command.ts';
import { supported } from './providers.ts';
import { type ClusterSection, namedProviders } from './spec.ts';

interface Cloud {
  name: ProviderName;
  /** What its buckets are called in `mounts`. */
  store: string;
  scheme: RegExp;
  /** Variables in which its own tools look for the region. */
  regionVariables: readonly string[];
}

const CLOUDS: readonly Cloud[] = [
  {
    ...{ name: 'gcp', store: 'gcs', scheme: /^gs:/ },
    regionVariables: ['CLOUDSDK_COMPUTE_REGION'],
  },
  {
    ...{ name: 'aws', store: 's3', scheme: /^s3:/ },
    regionVariables: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
  },
  {
    ...{ name: 'azure', store: 'azure', scheme: /^(az|azure|abfss?):/ },
    regionVariables: ['AZURE_DEFAULTS_LOCATION'],
  },
  {
    ...{ name: 'digitalocean', store: 'spaces', scheme: /^spaces:/ },
    regionVariables: [],
  },
];

/** The clouds of the buckets that `mounts` names. */
export const ofBuckets = (config: PxYaml): ProviderName[] => {
  const mounts = Object.values(config.mounts ?? {});
  const holds = ({ store, scheme }: Cloud): boolean =>
    mounts.some((mount) =>
      mount.store === undefined ? scheme.test(mount.source) : mount.store === store,
    );
  return CLOUDS.filter(holds).map(({ name }) => name);
};

/**
 * The clouds whose offers a dry run ranks. None where a provider is named that comes up without paying.
 */
export const cloudsToPrice = (parsed: Parsed, section: ClusterSection): readonly ProviderName[] => {
  const named = namedProviders(parsed, section);
  if (named.some((name) => supported(name)?.isCloud === false)) return [];
  return named.filter((name) => CLOUDS.some((cloud) => cloud.name === name));
};

type Env = Readonly<Record<string, string | undefined>>;

/** Where a cluster of these clouds comes up when nobody says where: as their own tools are set, else at home. */
export const usualRegions = (clouds: readonly ProviderName[], env: Env): string[] =>
  CLOUDS.filter(({ name }) => clouds.includes(name)).flatMap(({ name, regionVariables }) => {
    const set = regionVariables.map((variable) => env[variable]).find((value) => value);
    return set === undefined ? homeRegions([name]) : [set];
  });
