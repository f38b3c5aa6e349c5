import * as z from 'zod';
import { ClusterName, LOCAL_CLUSTER } from './ids.ts';
import { Duration, Size } from './units.ts';

/** Providers by name; a new one is one more word here, one file and one registry row. */
export const ProviderName = z.enum(['gcp', 'aws', 'azure', 'digitalocean', 'ssh', 'local']);
export type ProviderName = z.infer<typeof ProviderName>;

const count = z.int().min(1).max(100_000);
const oneOrMany = <T extends z.ZodType>(item: T) => z.union([item, z.array(item).min(1)]);

const UserClusterName = ClusterName.refine((name) => name !== LOCAL_CLUSTER, {
  error: 'another name: `local` is reserved for this machine',
});

/** `cluster:` of px.yaml. Sizes come out as bytes, durations as milliseconds. */
const ClusterSection = z.strictObject({
  name: UserClusterName.optional(),
  provider: oneOrMany(ProviderName).optional(),
  nodes: count.optional(),
  cpus_per_node: count.optional(),
  memory_per_node: Size.optional(),
  disk_per_node: Size.optional(),
  region: oneOrMany(z.string().min(1)).optional(),
  zone: oneOrMany(z.string().min(1)).optional(),
  spot: z.union([z.boolean(), z.literal('prefer')]).optional(),
  arch: z.enum(['x86_64', 'arm64', 'any']).optional(),
  burstable: z.boolean().optional(),
  instance_type: z.string().min(1).optional(),
  image: z.string().min(1).optional(),
  idle_timeout: Duration.optional(),
  max_lifetime: Duration.optional(),
  max_cost: z.number().positive().optional(),
  project: z.string().min(1).optional(),
  network: z.string().min(1).optional(),
  subnetwork: z.string().min(1).optional(),
  external_ip: z.enum(['all', 'head', 'none']).optional(),
  service_account: z.string().min(1).optional(),
  hosts: z.array(z.string().min(1)).min(1).optional(),
});

/** One mount: object storage shown as a directory. */
const Mount = z.strictObject({
  source: z.string().min(1),
  store: z.enum(['gcs', 's3', 'azure', 'spaces', 'local']).optional(),
  mode: z.enum(['ro', 'rw']).optional(),
  driver: z.string().min(1).optional(),
  options: z.array(z.string()).optional(),
  cache: Size.optional(),
});

/** When the rest of a job is called off: `never`, `soon`, `now`, each with `fail=N` or `fail=N%`. */
const Halt = z
  .string()
  .regex(
    /^(never|(soon|now)(,fail=([1-9]\d*|([1-9]\d?|100)%))?)$/,
    'never, soon or now, as in `soon,fail=3` or `now,fail=10%`',
  );

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const EnvValue = scalar.refine((text) => !text.includes('\0'), 'a value without a NUL');
const EnvName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a variable name like API_KEY');
const globs = z.array(z.string().min(1));
const insideGlobs = z.array(
  z
    .string()
    .min(1)
    .refine(
      (glob) => !glob.startsWith('/') && !glob.split('/').includes('..'),
      'a glob inside the project, such as out/*.png',
    ),
);

/** Defaults for flags of `px run`; names are the flags' own, with underscores. */
export const RunSection = z.strictObject({
  parallel: count.optional(),
  partitions: z.enum(['static', 'auto']).optional(),
  batch: z.int().min(1).optional(),
  order: z.boolean().optional(),
  retries: z.int().min(0).max(1000).optional(),
  crash_retries: z.int().min(0).max(1000).optional(),
  timeout: Duration.optional(),
  halt: Halt.optional(),
  tag: z.boolean().optional(),
  output: z.enum(['live', 'final']).optional(),
  args_file: z.string().min(1).optional(),
  stdin_file: z.string().min(1).optional(),
  files: z.string().min(1).optional(),
  joblog: z.string().min(1).optional(),
  bundle_limit: Size.optional(),
});
export type RunSection = z.infer<typeof RunSection>;

/** One cron job. */
const Schedule = RunSection.extend({
  cron: z.string().min(1),
  timezone: z.string().min(1).optional(),
  run: z.string().min(1),
});

/** px.yaml. Every key is optional; an unknown one is refused. */
export const PxYaml = z.strictObject({
  cluster: ClusterSection.optional(),
  mounts: z.record(z.string().regex(/^\/[^/]/, 'an absolute path like /bucket'), Mount).optional(),
  setup: z.string().optional(),
  env: z.record(EnvName, EnvValue).optional(),
  secrets: z.array(EnvName).optional(),
  include: insideGlobs.optional(),
  exclude: globs.optional(),
  collect: insideGlobs.optional(),
  run: RunSection.optional(),
  schedules: z
    .record(z.string().regex(/^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/, 'a name like nightly'), Schedule)
    .optional(),
});
export type PxYaml = z.infer<typeof PxYaml>;

/**
 * Brings a mount that stands at the top level (`/bucket: {source: …}`) under `mounts:`, so that both
 * spellings mean the same. Anything that is not an object passes through for the schema to refuse.
 */
export const liftMounts = (document: unknown): unknown => {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return document;
  const entries = Object.entries(document);
  const mounts = entries.filter(([key]) => key.startsWith('/'));
  if (mounts.length === 0) return document;
  const rest = Object.fromEntries(entries.filter(([key]) => !key.startsWith('/')));
  const nested = 'mounts' in rest && typeof rest.mounts === 'object' ? rest.mounts : {};
  return { ...rest, mounts: { ...nested, ...Object.fromEntries(mounts) } };
};
