import { type Catalog, createCatalog } from '../../../control-plane/pricing/catalog.ts';
import { createMarket, type Market } from '../../../control-plane/pricing/market.ts';

/** One line of a price list, column by column: what the oracle reads too. */
export interface RawOffer {
  cloud: string;
  region: string;
  zone: string;
  instance_type: string;
  vcpus: number;
  memory_gib: number;
  arch: string;
  burstable: boolean;
  bare_metal: boolean;
  gpu_name: string;
  gpu_count: number;
  prev_gen: boolean;
  price: number | null;
  spot_price: number | null;
  local_disk_gb: number;
}

/** An ordinary machine; a test changes what it is about. */
export const rawOffer = (over: Partial<RawOffer> = {}): RawOffer => ({
  cloud: 'gcp',
  region: 'us-central1',
  zone: '',
  instance_type: 'n2-standard-4',
  vcpus: 4,
  memory_gib: 16,
  arch: 'x86_64',
  burstable: false,
  bare_metal: false,
  gpu_name: '',
  gpu_count: 0,
  prev_gen: false,
  price: 0.2,
  spot_price: null,
  local_disk_gb: 50,
  ...over,
});

/** A market of these rows, each with a type and a place of its own. */
export const marketOf = (rows: readonly RawOffer[], rates: Catalog['rates'] = []): Market =>
  createMarket(
    createCatalog(
      {
        types: rows.map((row) => ({
          cloud: row.cloud,
          name: row.instance_type,
          vcpus: row.vcpus,
          memoryGib: row.memory_gib,
          arch: row.arch,
          burstable: row.burstable,
          bareMetal: row.bare_metal,
          gpuName: row.gpu_name,
          gpuCount: row.gpu_count,
          prevGen: row.prev_gen,
          localDiskGb: row.local_disk_gb,
        })),
        places: rows.map(({ cloud, region, zone }) => ({ cloud, region, zone })),
        origins: [{ source: 'test', asOf: '2026-08-31', spotAsOf: '' }],
        sources: [{ name: 'test', kind: 'import', syncedAt: 0 }],
        rates,
      },
      rows.map((row, index) => ({
        ...{ type: index, place: index, origin: 0, source: 0, interruption: '' },
        ...{ price: row.price, spot: row.spot_price },
      })),
    ),
  );
