import type { Compute } from './compute.ts';
import type { Place } from './insert.ts';
import { isMissing, isNoProject } from './refusal.ts';
import { familyMetric } from './shape.ts';

interface Quota {
  metric: string;
  limit: number;
  usage: number;
}

/** What the nodes that come take of each quota. */
interface Need {
  nodes: number;
  cpus: number;
  diskGb: number;
  addresses: number;
}

const clean = (
  quotas: readonly { metric?: unknown; limit?: unknown; usage?: unknown }[],
): Quota[] =>
  quotas.map(({ metric, limit, usage }) => ({
    metric: String(metric ?? ''),
    limit: Number(limit ?? 0),
    usage: Number(usage ?? 0),
  }));

interface Quotas {
  ofRegion: readonly Quota[];
  ofProject: readonly Quota[];
}

/** The quotas of a region, and those of the whole project; null where the project has no such region. */
export const readQuotas = async (
  compute: Compute,
  project: string,
  region: string,
): Promise<Quotas | null> => {
  try {
    return await compute.call(async ({ regions, projects }, options) => {
      const [[found], [whole]] = await Promise.all([
        regions().get({ project, region }, options),
        projects().get({ project }, options),
      ]);
      return { ofRegion: clean(found.quotas ?? []), ofProject: clean(whole.quotas ?? []) };
    });
  } catch (error) {
    // A price list has regions that not every project has.
    if (isMissing(error) && !isNoProject(error)) return null;
    throw error;
  }
};

/** Where the quota of spot CPUs is 0 the regular one counts (cloud.google.com/compute/resource-usage). */
const cpuMetric = (quotas: readonly Quota[], spot: boolean): string => {
  const own = quotas.find(({ metric }) => metric === 'PREEMPTIBLE_CPUS')?.limit ?? 0;
  return spot && own > 0 ? 'PREEMPTIBLE_CPUS' : 'CPUS';
};

/** What of the quotas is too small for these nodes, in words; none where they fit. */
export const checkQuotas = (
  { ofRegion, ofProject }: Quotas,
  place: Place,
  { nodes, cpus, diskGb, addresses }: Need,
): string[] => {
  const family = place.spot ? null : familyMetric(place.instanceType);
  const wanted: [readonly Quota[], string | null, number][] = [
    [ofRegion, cpuMetric(ofRegion, place.spot), nodes * cpus],
    [ofRegion, family, nodes * cpus],
    [ofProject, 'CPUS_ALL_REGIONS', nodes * cpus],
    [ofRegion, 'INSTANCES', nodes],
    [ofRegion, 'SSD_TOTAL_GB', nodes * diskGb],
    [ofRegion, 'IN_USE_ADDRESSES', addresses],
  ];
  return wanted.flatMap(([quotas, name, more]) => {
    const quota = quotas.find(({ metric }) => metric === name);
    if (quota === undefined || quota.usage + more <= quota.limit) return [];
    const where = quotas === ofRegion ? `in ${place.region}` : 'in all regions together';
    return `Quota ${quota.metric} ${where} is ${quota.limit}, of which ${quota.usage} are used: ${more} more ${more === 1 ? 'does' : 'do'} not fit.`;
  });
};
