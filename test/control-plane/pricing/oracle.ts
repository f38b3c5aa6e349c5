// What selection must come to, in the plainest words, from raw rows. Imports nothing of pricing/.
import type { RawOffer } from './raw.ts';

export interface Wish {
  cpus: number;
  memoryGib: number;
  diskGb: number;
  arch: 'x86_64' | 'arm64' | 'any';
  gpus: number;
  spot: 'on-demand' | 'spot' | 'prefer';
  providers: readonly string[] | null;
  regions: readonly string[] | null;
  burstable: boolean;
  computeOnly: boolean;
}

interface Priced {
  row: RawOffer;
  spot: boolean;
  total: number;
}

const BESIDE: Record<string, { disk: number; address: number; addressSpot: number }> = {
  gcp: { disk: 0.1, address: 0.005, addressSpot: 0.0025 },
  aws: { disk: 0.08, address: 0.005, addressSpot: 0.005 },
  digitalocean: { disk: 0, address: 0, addressSpot: 0 },
};

const middle = (numbers: readonly number[]): number => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const low = sorted[Math.ceil(half) - 1] ?? 0;
  const high = sorted[Math.floor(half)] ?? 0;
  return (low + high) / 2;
};

/** Whether a price is so far below its peers in other regions that somebody mistyped it. */
export const isSlip = (row: RawOffer, rows: readonly RawOffer[]): boolean => {
  const peers = rows.filter(
    (each) =>
      each.cloud === row.cloud &&
      each.instance_type === row.instance_type &&
      each.price !== null &&
      each.price > 0,
  );
  const regions = [...new Set(peers.map(({ region }) => region))];
  if (regions.length < 5) return false;
  const lowest = regions.map((region) =>
    Math.min(...peers.filter((each) => each.region === region).map(({ price }) => price ?? 0)),
  );
  return (row.price ?? 0) < middle(lowest) / 4;
};

const isSpotSane = ({ price, spot_price }: RawOffer): boolean =>
  price !== null &&
  spot_price !== null &&
  spot_price > 0 &&
  spot_price <= price &&
  spot_price >= 0.03 * price;

const suits = (row: RawOffer, wish: Wish): boolean =>
  row.vcpus >= wish.cpus &&
  row.memory_gib >= wish.memoryGib &&
  (wish.gpus === 0 ? row.gpu_count === 0 : row.gpu_count >= wish.gpus) &&
  (row.cloud !== 'digitalocean' || row.local_disk_gb >= wish.diskGb) &&
  (wish.arch === 'any' || row.arch === wish.arch) &&
  !row.bare_metal &&
  !row.prev_gen &&
  (wish.burstable || !row.burstable) &&
  (wish.providers === null || wish.providers.includes(row.cloud)) &&
  (wish.regions === null || wish.regions.includes(row.region));

const totalOf = (row: RawOffer, spot: boolean, wish: Wish): number => {
  const compute = (spot ? row.spot_price : row.price) ?? Number.NaN;
  const beside = BESIDE[row.cloud];
  if (wish.computeOnly || beside === undefined) return compute;
  return compute + (beside.disk * wish.diskGb) / 730 + (spot ? beside.addressSpot : beside.address);
};

/** Everything that satisfies the wish, at every price that counts, in no order. */
export const satisfying = (rows: readonly RawOffer[], wish: Wish): Priced[] =>
  rows
    .filter((row) => suits(row, wish) && row.price !== null && row.price > 0 && !isSlip(row, rows))
    .flatMap((row) => {
      const found: Priced[] = [];
      if (wish.spot !== 'spot') found.push({ row, spot: false, total: totalOf(row, false, wish) });
      if (wish.spot !== 'on-demand' && isSpotSane(row)) {
        found.push({ row, spot: true, total: totalOf(row, true, wish) });
      }
      return found;
    });
