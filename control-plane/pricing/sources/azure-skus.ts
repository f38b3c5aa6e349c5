import * as z from 'zod';
import type { InstanceType } from '../offer.ts';
import { parseSizeName } from './azure-names.ts';
import { azureTraits } from './azure-sizes.ts';
import type { SourceContext } from './source.ts';

const API_VERSION = '2021-07-01';

const SkuPage = z.object({
  value: z.array(
    z.object({
      resourceType: z.string(),
      name: z.string(),
      capabilities: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
    }),
  ),
  nextLink: z.string().optional(),
});

type Capabilities = ReadonlyMap<string, string>;

const numberOf = (capabilities: Capabilities, name: string): number =>
  Number(capabilities.get(name) ?? Number.NaN);

const typeOf = (name: string, capabilities: Capabilities): InstanceType | null => {
  // vCPUs of a constrained size are its parent's; what is really there is in vCPUsAvailable.
  const available = numberOf(capabilities, 'vCPUsAvailable');
  const vcpus = Number.isFinite(available) ? available : numberOf(capabilities, 'vCPUs');
  const memoryGib = numberOf(capabilities, 'MemoryGB');
  if (!Number.isFinite(vcpus) || !Number.isFinite(memoryGib)) return null;
  const traits = azureTraits(name, parseSizeName(name));
  const gpus = numberOf(capabilities, 'GPUs');
  const localMb = numberOf(capabilities, 'MaxResourceVolumeMB');
  return {
    ...traits,
    vcpus,
    memoryGib,
    arch: capabilities.get('CpuArchitectureType') === 'Arm64' ? 'arm64' : traits.arch,
    gpuCount: gpus > 0 ? gpus : 0,
    gpuName: gpus > 0 ? (parseSizeName(name)?.words[0] ?? 'gpu') : '',
    localDiskGb: localMb > 0 ? localMb / 1024 : 0,
  };
};

/** Sizes of a region as Resource SKUs have them; null without an account. */
export const readResourceSkus = async (
  { http, urls, accounts }: SourceContext,
  region: string,
): Promise<ReadonlyMap<string, InstanceType> | null> => {
  if (accounts.azure === undefined) return null;
  const { headers, subscription } = accounts.azure;
  const filter = encodeURIComponent(`location eq '${region}'`);
  const base = `${urls.azureManagement}/subscriptions/${subscription}/providers/Microsoft.Compute/skus`;
  const types = new Map<string, InstanceType>();
  let query: string | null = `?api-version=${API_VERSION}&$filter=${filter}`;
  while (query !== null) {
    const proof = await headers();
    const page: z.infer<typeof SkuPage> = await http.json(`${base}${query}`, SkuPage, proof);
    for (const { resourceType, name, capabilities } of page.value) {
      if (resourceType !== 'virtualMachines') continue;
      const type = typeOf(name, new Map(capabilities.map((each) => [each.name, each.value])));
      if (type !== null) types.set(name, type);
    }
    query = page.nextLink === undefined ? null : new URL(page.nextLink).search;
  }
  return types;
};
