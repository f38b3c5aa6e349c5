import { ApiError, type Cloud, type MachineType } from './cloud.ts';

/** What a bulk insert asks for, as far as the choice of zones goes. */
export interface Wanted {
  region: string;
  machineType: string;
  spot: boolean;
  count: number;
  minCount: number;
  diskGb: number;
  external: boolean;
  /** `zones/Z` → ALLOW or DENY. */
  locations: Record<string, string>;
  singleZone: boolean;
}

interface Refusal {
  code: string;
  message: string;
  status: number;
}

const typeOf = (cloud: Cloud, name: string): MachineType => {
  const type = cloud.types.get(name);
  if (type !== undefined) return type;
  throw new ApiError(
    400,
    `Invalid value for field 'resource.instanceProperties.machineType': '${name}'. Machine type with name '${name}' does not exist.`,
    'invalid',
  );
};

/** Usage of a quota: of a region's metric, or of the whole project's. */
export const usageOf = (cloud: Cloud, metric: string, region: string | null): number => {
  const vms = [...cloud.vms.values()].filter(
    ({ zone, status }) =>
      status !== 'TERMINATED' && (region === null || cloud.zones.get(zone) === region),
  );
  const cpus = (chosen: typeof vms): number =>
    chosen.reduce((sum, vm) => sum + (cloud.types.get(vm.machineType)?.cpus ?? 0), 0);
  if (metric === 'PREEMPTIBLE_CPUS') return cpus(vms.filter(({ spot }) => spot));
  if (metric === 'IN_USE_ADDRESSES') return vms.filter(({ natIp }) => natIp !== null).length;
  if (metric === 'SSD_TOTAL_GB') return vms.reduce((sum, { diskGb }) => sum + diskGb, 0);
  if (metric === 'INSTANCES') return vms.length;
  return metric === 'CPUS_ALL_REGIONS' || metric === 'CPUS' ? cpus(vms) : 0;
};

/** The first quota that these machines would pass. */
const quotaRefusal = (cloud: Cloud, wanted: Wanted, type: MachineType): Refusal | null => {
  const { region, count, spot } = wanted;
  const spotLimit = cloud.quotas.get(`${region} PREEMPTIBLE_CPUS`) ?? 0;
  // Documented: where the preemptible quota is 0 the regular one counts.
  const cpuMetric = spot && spotLimit > 0 ? 'PREEMPTIBLE_CPUS' : 'CPUS';
  const asked: [string, string | null, number][] = [
    [cpuMetric, region, type.cpus * count],
    ['CPUS_ALL_REGIONS', null, type.cpus * count],
    ['INSTANCES', region, count],
    ['SSD_TOTAL_GB', region, wanted.diskGb * count],
    ['IN_USE_ADDRESSES', region, wanted.external ? count : 0],
  ];
  for (const [metric, where, more] of asked) {
    const limit = cloud.quotas.get(where === null ? metric : `${where} ${metric}`);
    if (limit === undefined || usageOf(cloud, metric, where) + more <= limit) continue;
    const scope = where === null ? 'globally' : `in region ${where}`;
    const message = `Quota '${metric}' exceeded.  Limit: ${limit.toFixed(1)} ${scope}.`;
    return { code: 'QUOTA_EXCEEDED', message, status: 403 };
  }
  return null;
};

const openZones = (cloud: Cloud, { region, locations, machineType }: Wanted): string[] => {
  const allowed = Object.entries(locations).filter(([, preference]) => preference === 'ALLOW');
  return [...cloud.zones]
    .filter(([, where]) => where === region)
    .map(([zone]) => zone)
    .filter((zone) => locations[`zones/${zone}`] !== 'DENY')
    .filter((zone) => allowed.length === 0 || allowed.some(([name]) => name === `zones/${zone}`))
    .filter(
      (zone) => !cloud.soldOut.has(`${zone} ${machineType}`) && !cloud.soldOut.has(`${zone} *`),
    );
};

/** A zone for each machine, or why there is none. */
export const placeMachines = (
  cloud: Cloud,
  wanted: Wanted,
): { zones: string[] } | { refusal: Refusal } => {
  const type = typeOf(cloud, wanted.machineType);
  const quota = quotaRefusal(cloud, wanted, type);
  if (quota !== null) return { refusal: quota };
  const open = wanted.spot && cloud.spotIsSoldOut ? [] : openZones(cloud, wanted);
  if (open.length === 0) {
    const message = `The region '${wanted.region}' does not have enough resources available to fulfill the request: '(resource type:compute, ${wanted.machineType})'. Requested minimum count of ${wanted.minCount} VMs could not be created.`;
    return {
      refusal: { code: 'ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS', message, status: 503 },
    };
  }
  const choices = wanted.singleZone ? open.slice(0, 1) : open;
  const zones = Array.from({ length: wanted.count }, (_, index) => choices[index % choices.length]);
  return { zones: zones.filter((zone) => zone !== undefined) };
};
