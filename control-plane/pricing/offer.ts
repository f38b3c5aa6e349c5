/** What a machine is, wherever it stands. */
export interface InstanceType {
  cloud: string;
  name: string;
  vcpus: number;
  memoryGib: number;
  arch: string;
  burstable: boolean;
  bareMetal: boolean;
  gpuName: string;
  gpuCount: number;
  /** A generation that its cloud has superseded; each source fills it from an explicit list. */
  prevGen: boolean;
  /** Local disk of the machine itself; 0 where there is none or nobody says. */
  localDiskGb: number;
}

/** Where it stands; `zone` is empty where the price holds for the whole region. */
export interface Place {
  cloud: string;
  region: string;
  zone: string;
}

/** Where a price comes from. */
export interface Origin {
  /** In the words of the list. */
  source: string;
  /** Date of the on-demand price, as the list gives it. */
  asOf: string;
  /** Date of the spot price, where it has another one. */
  spotAsOf: string;
}

/** One row of a price list. Prices are USD an hour for compute alone; null where the list has none. */
export interface OfferRow {
  type: InstanceType;
  place: Place;
  origin: Origin;
  price: number | null;
  spotPrice: number | null;
  /** How often spot machines are taken away, in the cloud's words; empty where nobody says. */
  interruption: string;
}

export type RateName = 'disk_gb_month' | 'address_hour' | 'address_spot_hour' | 'egress_gb';

/** A price beside machines; `region` is empty where it holds for the whole cloud. */
export interface RateRow {
  cloud: string;
  region: string;
  name: RateName;
  usd: number;
}

/** What a source gives, row by row. */
export type SourceRow = { offer: OfferRow } | { rate: RateRow } | { skipped: string };

/** Which source a row belongs to in the catalog, and who wins where two know the same offer. */
export interface CatalogSource {
  name: string;
  /** `import` beats `api`, which beats `list`. */
  kind: 'import' | 'api' | 'list';
  /** Milliseconds since 1970: of two of a kind, the newer one counts. */
  syncedAt: number;
}
