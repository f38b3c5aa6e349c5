import * as z from 'zod';
import { parseSize } from '../units.ts';
import { Count, queryFlag, queryInt, Timestamp } from './common.ts';

const GIB = 1 << 30;

/** `gcp,aws`, or the parameter given more than once by a client that joins them. */
const words = z.string().transform((text, context) => {
  const names = text.split(',').map((word) => word.trim());
  if (!names.includes('')) return names;
  context.addIssue({ code: 'custom', message: 'names, with commas between' });
  return z.NEVER;
});

/** A size in GiB. A bare number is refused: 16 could be bytes or gigabytes. */
const gib = z.string().transform((text, context) => {
  const bytes = /[a-z]\s*$/i.test(text) ? parseSize(text) : null;
  if (bytes !== null) return bytes / GIB;
  context.addIssue({ code: 'custom', message: 'a size with its unit, such as 16GB' });
  return z.NEVER;
});

export const PricingArch = z.enum(['x86_64', 'arm64', 'any']);
export const PricingPer = z.enum(['node', 'cluster']);
/** `true`: spot only. `prefer`: spot and on demand in one ranking. */
const SpotQuery = z.enum(['0', '1', 'true', 'false', 'prefer']);
/** Sort orders of a list; every one ends with type, region, zone. */
export const PricingSort = z.enum(['price', 'spot', 'cpus', 'memory', 'core', 'type']);
export type PricingSort = z.infer<typeof PricingSort>;

/** What to look for. All are minimums, names or switches; what is left out has a careful default. */
export const RequirementsQuery = z.object({
  cpus: z.coerce.number().min(0).optional(),
  memory: gib.optional(),
  /** Boot disk, priced with the machine (50GB). */
  disk: gib.optional(),
  arch: PricingArch.optional(),
  /** `1`, `l4`, `nvidia-l4:2`. */
  gpu: z.string().min(1).optional(),
  spot: SpotQuery.optional(),
  /** Regions, groups (us, eu, asia) or any. */
  region: words.optional(),
  zone: words.optional(),
  provider: words.optional(),
  burstable: queryFlag.optional(),
  bare_metal: queryFlag.optional(),
  previous: queryFlag.optional(),
  instance_type: words.optional(),
  nodes: queryInt.min(1).max(100_000).optional(),
  /** Whether cpus and memory are meant per node, or for all nodes together. */
  per: PricingPer.optional(),
  /** A million hours are a century. */
  hours: z.coerce.number().positive().max(1_000_000).optional(),
  /** Leave boot disk and public address out of the price. */
  compute_only: queryFlag.optional(),
});
export type RequirementsQuery = z.infer<typeof RequirementsQuery>;

export const OffersQuery = RequirementsQuery.extend({
  sort: PricingSort.optional(),
  limit: queryInt.min(1).max(1000).optional(),
  cursor: z.string().optional(),
  /** Every row of the catalog that the named filters leave, also those that are never ranked. */
  all: queryFlag.optional(),
});
export type OffersQuery = z.infer<typeof OffersQuery>;

/** A file has no pages: all of it, or as many lines as are asked for. */
export const OffersCsvQuery = OffersQuery.extend({ limit: queryInt.min(1).optional() });

/** `limit`: how many offers that were passed over are listed by name (10). */
export const BestQuery = RequirementsQuery.extend({ limit: queryInt.max(1000).optional() });
export type BestQuery = z.infer<typeof BestQuery>;

/** `bucket`: where the data lies, as `gcp`, `gs://…`, `s3://…` or `aws:us-east-1`. */
export const CompareQuery = RequirementsQuery.extend({ bucket: z.string().min(1).optional() });
export type CompareQuery = z.infer<typeof CompareQuery>;

const usd = z.number();

/** One row of the catalog. The first sixteen names are the columns of `px pricing import`. */
export const OfferView = z.object({
  cloud: z.string(),
  region: z.string(),
  /** Empty where a price holds for the whole region. */
  zone: z.string(),
  instance_type: z.string(),
  vcpus: z.number(),
  memory_gib: z.number(),
  arch: z.string(),
  burstable: z.boolean(),
  bare_metal: z.boolean(),
  gpu_name: z.string(),
  gpu_count: z.number(),
  prev_gen: z.boolean(),
  /** USD an hour for compute alone; null where the list has none. */
  price: usd.nullable(),
  spot_price: usd.nullable(),
  /** Date of the price, as the list gives it. */
  as_of: z.string(),
  source: z.string(),
  /** 0 where unknown or none. */
  local_disk_gb: z.number(),
  spot_as_of: z.string().nullable(),
  /** How often spot machines of this type are taken away, in the cloud's words. */
  interruption: z.string().nullable(),
  /** The source in the catalog that this row belongs to. */
  catalog: z.string(),
});
export type OfferView = z.infer<typeof OfferView>;

/** An offer with what it costs. `spot` tells which price counted. Null where there is no price. */
export const RankedOffer = OfferView.extend({
  spot: z.boolean(),
  /** USD an hour and node. */
  compute: usd.nullable(),
  disk: usd.nullable(),
  address: usd.nullable(),
  total: usd.nullable(),
  /** `total` × nodes × hours. */
  cost: usd.nullable(),
});
export type RankedOffer = z.infer<typeof RankedOffer>;

/** Why an offer is not in the ranking. */
export const PassedReason = z.enum([
  'cpus',
  'memory',
  'gpu',
  'disk',
  /** The disk comes with the machine, and nobody says how large it is. */
  'disk_unknown',
  'arch',
  'instance_type',
  'bare_metal',
  'burstable',
  'previous_generation',
  'provider',
  'region',
  'account_region',
  'zone',
  'no_price',
  'price_not_positive',
  'price_slip',
  'no_spot_price',
  'spot_not_positive',
  'spot_above_on_demand',
  'spot_too_low',
]);
export type PassedReason = z.infer<typeof PassedReason>;

export const PassedOver = RankedOffer.extend({ reason: PassedReason, why: z.string() });
export type PassedOver = z.infer<typeof PassedOver>;

/** What a person should know beside the rows: how old the data is, what is being synced. */
const notices = z.array(z.string());

export const OffersReply = z.object({
  items: z.array(RankedOffer),
  next: z.string().nullable(),
  notices,
});
export type OffersReply = z.infer<typeof OffersReply>;

export const BestReply = z.object({
  winner: RankedOffer,
  /** The cheapest of each cloud, cheapest first. */
  clouds: z.array(RankedOffer),
  /** Offers that would have been cheaper. */
  passed_over: z.object({
    counts: z.partialRecord(PassedReason, Count),
    /** The cheapest of those that are big enough, with the reason of each. */
    offers: z.array(PassedOver),
  }),
  nodes: Count,
  hours: z.number(),
  notices,
});
export type BestReply = z.infer<typeof BestReply>;

/** `limit`: how many offers are listed (10). */
export const ClusterOffersQuery = RequirementsQuery.extend({
  limit: queryInt.min(1).max(1000).optional(),
});

/** What a cluster can be made of: the order in which they are asked for, the cheapest first. */
export const ClusterOffersReply = z.object({
  offers: z.array(RankedOffer).min(1),
  /** Offers that would have been cheaper. */
  passed_over: z.array(PassedOver),
  notices,
});
export type ClusterOffersReply = z.infer<typeof ClusterOffersReply>;

export const CompareRow = z.object({
  offer: RankedOffer,
  per_hour: usd,
  per_minute: usd,
  per_1000_core_hours: usd,
  spot_saving_percent: z.number().nullable(),
  /** USD to read one GB of the bucket from there; without a bucket, to send one GB to the internet. */
  egress_per_gb: usd.nullable(),
  cost: usd,
});
export type CompareRow = z.infer<typeof CompareRow>;

export const CompareReply = z.object({
  items: z.array(CompareRow),
  nodes: Count,
  hours: z.number(),
  notices,
});
export type CompareReply = z.infer<typeof CompareReply>;

export const SourceView = z.object({
  name: z.string(),
  cloud: z.string().nullable(),
  kind: z.enum(['import', 'api', 'list']),
  needs_account: z.boolean(),
  offers: Count,
  /** Rows that are never ranked: without a price, at or below zero, held back as a slip. */
  unranked: Count,
  synced_at: Timestamp.nullable(),
  age_hours: z.number().nullable(),
  as_of: z.string().nullable(),
  syncing: z.boolean(),
  problem: z.string().nullable(),
});
export type SourceView = z.infer<typeof SourceView>;

export const RegionView = z.object({
  cloud: z.string(),
  region: z.string(),
  group: z.string().nullable(),
  zones: z.array(z.string()),
  offers: Count,
  boot_disk_gb_month: usd,
  address_hour: usd,
  egress_gb: usd.nullable(),
});
export type RegionView = z.infer<typeof RegionView>;

export const PricingSync = z.strictObject({
  providers: z.array(z.string()).min(1).optional(),
  regions: z.array(z.string()).min(1).optional(),
});
export type PricingSync = z.infer<typeof PricingSync>;

/** Lines of the NDJSON answer of a sync. */
export const SyncEvent = z.discriminatedUnion('t', [
  z.object({
    t: z.literal('progress'),
    source: z.string(),
    part: z.string(),
    /** Parts (regions) done, of how many. */
    done: Count,
    parts: Count,
    rows: Count,
    bytes: Count,
  }),
  /** Something that the sync goes on without: an account that cannot be used, say. */
  z.object({ t: z.literal('notice'), source: z.string(), message: z.string() }),
  z.object({ t: z.literal('retry'), source: z.string(), message: z.string() }),
  z.object({ t: z.literal('done'), source: z.string(), offers: Count, skipped: Count }),
  z.object({
    t: z.literal('failed'),
    source: z.string(),
    code: z.string(),
    message: z.string(),
    hint: z.string().nullable(),
  }),
]);
export type SyncEvent = z.infer<typeof SyncEvent>;

export const ImportQuery = z.object({
  source: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'a name like contract-2026')
    .optional(),
});

export const ImportReply = z.object({
  source: z.string(),
  offers: Count,
  /** Rows that came again further down; the last one counts. */
  repeated: Count,
  without_price: Count,
  /** Offers of an earlier import of the same name, which this one took the place of. */
  replaced: Count,
});
export type ImportReply = z.infer<typeof ImportReply>;

/** 256 MiB: twenty times the largest list known. */
export const IMPORT_MAX_BYTES = 256 << 20;
/** Import without `--source`. */
export const IMPORT_SOURCE = 'import';
