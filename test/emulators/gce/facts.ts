import { type Cloud, link, notFound } from './cloud.ts';
import { usageOf } from './place.ts';

const quotasOf = (cloud: Cloud, region: string | null) =>
  [...cloud.quotas].flatMap(([key, limit]) => {
    const [place, metric] = key.includes(' ') ? key.split(' ') : [null, key];
    if (place !== region || metric === undefined) return [];
    return { metric, limit, usage: usageOf(cloud, metric, region) };
  });

export const getProject = (cloud: Cloud) => ({
  kind: 'compute#project',
  id: cloud.projectNumber,
  name: cloud.project,
  quotas: quotasOf(cloud, null),
  commonInstanceMetadata: { kind: 'compute#metadata', items: [] },
});

export const getRegion = (cloud: Cloud, request: Record<string, unknown>) => {
  const name = String(request.region);
  const zones = [...cloud.zones].filter(([, region]) => region === name).map(([zone]) => zone);
  if (zones.length === 0 || cloud.closedRegions.has(name)) throw notFound(cloud, `regions/${name}`);
  return {
    ...{ kind: 'compute#region', id: '1', name, status: 'UP' },
    zones: zones.map((zone) => link(cloud, `zones/${zone}`)),
    quotas: quotasOf(cloud, name),
  };
};

export const getMachineType = (cloud: Cloud, request: Record<string, unknown>) => {
  const name = String(request.machineType);
  const type = cloud.types.get(name);
  if (type === undefined) throw notFound(cloud, `zones/${request.zone}/machineTypes/${name}`);
  return {
    ...{ kind: 'compute#machineType', id: '3', name, zone: String(request.zone) },
    ...{ guestCpus: type.cpus, memoryMb: type.memoryMb, architecture: type.arch },
    isSharedCpu: false,
  };
};

export const getImageFromFamily = (_: Cloud, request: Record<string, unknown>) => {
  const family = String(request.family);
  const name = `${family}-v20261101`;
  return {
    ...{ kind: 'compute#image', id: '4', name, family, status: 'READY', diskSizeGb: '10' },
    architecture: family.includes('arm64') ? 'ARM64' : 'X86_64',
    selfLink: `https://www.googleapis.com/compute/v1/projects/${request.project}/global/images/${name}`,
  };
};
