import type { PassedReason } from '../../protocol/messages/pricing.ts';
import { regionGroup } from '../../protocol/regions.ts';
import type { InstanceType, Place } from './offer.ts';
import { DISK_INCLUDED } from './rates.ts';
import { gpuWords, type Requirements } from './requirements.ts';

/** A GPU is had where one is wanted, and none is paid for where none is. */
const gpuFits = ({ gpuName, gpuCount }: InstanceType, wanted: Requirements): boolean => {
  if (wanted.gpu === null) return gpuCount === 0 || wanted.gpuUnasked;
  const words = gpuWords(gpuName);
  return gpuCount >= wanted.gpu.count && wanted.gpu.words.every((word) => words.includes(word));
};

/** Where the disk comes with the machine nobody can pay for more; an unknown one is not taken for enough. */
const diskMisfit = (
  { cloud, localDiskGb }: InstanceType,
  { diskGbMin }: Requirements,
): PassedReason | null => {
  if (!DISK_INCLUDED.has(cloud) || localDiskGb >= diskGbMin) return null;
  return localDiskGb === 0 ? 'disk_unknown' : 'disk';
};

/** Why a type is none for these requirements; null where it fits. Size first: the rest is then telling. */
export const typeMisfit = (type: InstanceType, wanted: Requirements): PassedReason | null => {
  if (wanted.instanceTypes?.includes(type.name) === false) return 'instance_type';
  if (type.vcpus < wanted.cpus) return 'cpus';
  if (type.memoryGib < wanted.memoryGib) return 'memory';
  if (!gpuFits(type, wanted)) return 'gpu';
  const ofDisk = diskMisfit(type, wanted);
  if (ofDisk !== null) return ofDisk;
  if (wanted.arch !== 'any' && type.arch !== wanted.arch) return 'arch';
  if (type.bareMetal && !wanted.bareMetal) return 'bare_metal';
  if (type.burstable && !wanted.burstable) return 'burstable';
  if (type.prevGen && !wanted.prevGen) return 'previous_generation';
  return null;
};

/** Why a place is none for these requirements. A price for a whole region fits each of its zones. */
export const placeMisfit = (place: Place, wanted: Requirements): PassedReason | null => {
  const { providers, regions, zones, ownRegions } = wanted;
  if (providers?.includes(place.cloud) === false) return 'provider';
  if (regions !== null && !regions.includes(place.region)) {
    const group = regionGroup(place.cloud, place.region);
    if (group === null || !regions.includes(group)) return 'region';
  }
  if (ownRegions.get(place.cloud)?.has(place.region) === false) return 'account_region';
  if (zones !== null && !zones.some((zone) => inZone(place, zone))) return 'zone';
  return null;
};

const inZone = (place: Place, zone: string): boolean =>
  place.zone === '' ? zone.startsWith(place.region) : place.zone === zone;
