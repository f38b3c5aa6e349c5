import type { InstanceType } from '../offer.ts';
import { parseSizeName, type SizeName } from './azure-names.ts';

// Sizes by name, for those without an account (learn.microsoft.com/azure/virtual-machines/sizes).
// A size whose name does not tell (M, HB, ND …) is left out rather than guessed.

/** D, DS and their v2: number → vCPUs, GiB. */
const OLD_D: Record<number, readonly [number, number]> = {
  1: [1, 3.5],
  2: [2, 7],
  3: [4, 14],
  4: [8, 28],
  5: [16, 56],
  11: [2, 14],
  12: [4, 28],
  13: [8, 56],
  14: [16, 112],
  15: [20, 140],
};

/** B of the first generation: GiB by vCPUs and features. */
const OLD_B: Record<string, number> = {
  '1ls': 0.5,
  '1s': 1,
  '1ms': 2,
  '2s': 4,
  '2ms': 8,
  '4ms': 16,
  '8ms': 32,
  '12ms': 48,
  '16ms': 64,
  '20ms': 80,
};

/** GPU sizes: GiB and GPUs by name without `Standard_`. Sizes with a share of a GPU are left out. */
const GPU_SIZES: Record<string, readonly [number, number, string]> = {
  NC4as_T4_v3: [28, 1, 'T4'],
  NC8as_T4_v3: [56, 1, 'T4'],
  NC16as_T4_v3: [110, 1, 'T4'],
  NC64as_T4_v3: [440, 4, 'T4'],
  NC24ads_A100_v4: [220, 1, 'A100'],
  NC48ads_A100_v4: [440, 2, 'A100'],
  NC96ads_A100_v4: [880, 4, 'A100'],
  NC40ads_H100_v5: [320, 1, 'H100'],
  NC80adis_H100_v5: [640, 2, 'H100'],
  NV36ads_A10_v5: [440, 1, 'A10'],
  NV72ads_A10_v5: [880, 2, 'A10'],
  ND96asr_v4: [900, 8, 'A100'],
  ND96amsr_A100_v4: [1900, 8, 'A100'],
  ND96isr_H100_v5: [1900, 8, 'H100'],
  ND96isr_H200_v5: [1850, 8, 'H200'],
};

/** Memory of the largest E sizes is less than 8 GiB a vCPU; the least of each generation is taken. */
const E_CAPS: Record<number, number> = { 3: 432, 4: 504, 5: 672 };

const eMemory = ({ number, version, features }: SizeName): number => {
  const arm = features.includes('p') && version === 5 ? 208 : Number.POSITIVE_INFINITY;
  const cap = number <= 96 && version >= 6 ? 672 : (E_CAPS[version] ?? 1832);
  return Math.min(8 * number, cap, arm);
};

/** Memory in GiB by family; null where the name does not tell. */
const memoryOf = (size: SizeName): number | null => {
  const { family, number, features, version } = size;
  const isLow = features.includes('l');
  switch (family) {
    case 'A':
      return version === 2 ? number * (features.includes('m') ? 8 : 2) : null;
    case 'B':
      if (version === 1) return OLD_B[`${number}${features}`] ?? null;
      return features.includes('t') ? 1 : number * (isLow ? 2 : 4);
    case 'D':
      if (features.includes('p') && version === 5) return Math.min(number * (isLow ? 2 : 4), 208);
      return number * (isLow ? 2 : 4);
    case 'DC':
      return number * (version === 3 ? 8 : 4);
    case 'E':
      return eMemory(size);
    case 'EC':
      return number < 32 ? 8 * number : 6 * number;
    case 'F':
      return number * (version < 6 || isLow ? 2 : features.includes('m') ? 8 : 4);
    case 'FX':
      return number <= 48 ? 21 * number : 19 * number;
    case 'L':
      return 8 * number;
    default:
      return null;
  }
};

/** Series that learn.microsoft.com lists under "previous generations". */
const isPrevious = ({ family, version, words }: SizeName): boolean => {
  if (words.includes('Promo')) return true;
  if (['A', 'DS', 'G', 'GS'].includes(family)) return true;
  if (family === 'B') return version === 1;
  if (['D', 'L', 'DC', 'NC', 'ND', 'NV', 'F'].includes(family)) return version <= 2;
  return false;
};

const isOldD = ({ family, version }: SizeName): boolean =>
  family === 'DS' || (family === 'D' && version <= 2);

const shapeOf = (name: string, size: SizeName) => {
  const gpu = GPU_SIZES[name.replace(/^Standard_/, '')];
  if (gpu !== undefined) {
    const [memoryGib, gpuCount, gpuName] = gpu;
    return { vcpus: size.number, memoryGib, gpuCount, gpuName };
  }
  const old = isOldD(size) ? OLD_D[size.number] : undefined;
  const memoryGib = isOldD(size) ? old?.[1] : memoryOf(size);
  if (memoryGib === undefined || memoryGib === null) return null;
  return {
    vcpus: size.constrained ?? old?.[0] ?? size.number,
    memoryGib,
    gpuCount: 0,
    gpuName: '',
  };
};

/** A type from its name alone; null where the name does not tell. */
export const azureType = (name: string): InstanceType | null => {
  const size = parseSizeName(name);
  const shape = size === null ? null : shapeOf(name, size);
  return size === null || shape === null ? null : { ...azureTraits(name, size), ...shape };
};

/** What is not a number of a size: also where Resource SKUs give the numbers. */
export const azureTraits = (name: string, size: SizeName | null) => ({
  cloud: 'azure',
  name,
  arch: size?.features.includes('p') === true ? 'arm64' : 'x86_64',
  burstable: size?.family === 'B',
  bareMetal: false,
  prevGen: size === null || isPrevious(size),
  localDiskGb: 0,
});
