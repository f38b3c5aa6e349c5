import { CLUSTER_DEFAULTS } from '../../../protocol/cluster-defaults.ts';
import { PxError } from '../../../protocol/errors.ts';
import type { ClusterSpec } from '../../../protocol/messages/clusters.ts';
import { clusterRequirements, type Requirements } from '../../pricing/requirements.ts';
import type { ClusterAsk, NodePlan } from '../provider.ts';
import { checkSpec } from './check-spec.ts';
import { addressesOf, type Context } from './context.ts';
import { hasProgram } from './has-program.ts';
import { type GcpPlan, offerAt, placesOf, toGb } from './plan.ts';
import { preflight } from './preflight.ts';
import { refused } from './refusal.ts';
import type { Session } from './session.ts';

const GIB = 2 ** 30;

const list = (values: readonly string[] | undefined): string[] | undefined =>
  values === undefined || values.length === 0 ? undefined : [...values];

const regionsOf = (spec: ClusterSpec, { account }: Session): string[] | undefined => {
  const named = list(spec.regions);
  if (named !== undefined || spec.zones !== undefined) return named;
  return account.region === null ? undefined : [account.region];
};

/** What a node must be, in the words of the price catalog. */
const requirementsOf = (spec: ClusterSpec, session: Session): Requirements =>
  clusterRequirements({
    provider: ['gcp'],
    nodes: spec.nodes,
    cpus: spec.cpusPerNode,
    memory:
      spec.memoryBytes === undefined
        ? spec.cpusPerNode * CLUSTER_DEFAULTS.memoryGibPerCpu
        : spec.memoryBytes / GIB,
    disk: spec.diskBytes === undefined ? CLUSTER_DEFAULTS.diskGb : toGb(spec.diskBytes),
    region: regionsOf(spec, session),
    zone: list(spec.zones),
    spot: spec.spot === undefined ? 'false' : (String(spec.spot) as 'true' | 'false' | 'prefer'),
    arch: spec.arch,
    burstable: spec.burstable,
    instance_type: spec.instanceType === undefined ? undefined : [spec.instanceType],
  });

/** Machines without an address are reached through Google's tunnels, which gcloud makes. */
const checkTunnels = ({ env }: Context, { externalIp = 'all', nodes }: ClusterSpec): void => {
  if (addressesOf({ externalIp, nodes }) === nodes || hasProgram(env.PATH, 'gcloud')) return;
  throw new PxError(
    'unsupported',
    `external_ip: ${externalIp} needs gcloud, which makes the tunnels to machines without an address.`,
    { hint: 'Install it (https://cloud.google.com/sdk/docs/install), or take external_ip: all' },
  );
};

/** What has to fit into the account beside what is there: the quotas' usage has that already. */
const needOf = (spec: ClusterSpec, missing: readonly number[] | undefined) => {
  const addresses = addressesOf(spec);
  if (missing === undefined) return { nodes: spec.nodes, addresses };
  const external = missing.filter((ordinal) => ordinal < addresses);
  return { nodes: missing.length, addresses: external.length };
};

/**
 * What the nodes are to be: the account, looked over whole, and the offers in the order in which they
 * will be asked for. Throws `credentials_missing`, `account_not_ready`, `no_offer`, `provider_refused`.
 */
export const makePlan = async (
  context: Context,
  { spec, access, missing }: ClusterAsk,
): Promise<readonly NodePlan[]> => {
  checkSpec(spec);
  checkTunnels(context, spec);
  const session = await context.sessions.get(access.env, spec.project);
  const { project, compute, rest, account } = session;
  const { offers } = await context.rank(requirementsOf(spec, session));
  const network = spec.network ?? 'default';
  const diskGb = spec.diskBytes === undefined ? CLUSTER_DEFAULTS.diskGb : toGb(spec.diskBytes);
  const ranked = placesOf(offers);
  const addresses = addressesOf(spec);
  const createNetwork = access.createNetwork ?? false;
  const need = needOf(spec, missing);
  const look = { project, places: ranked, ...need, diskGb, network, createNetwork };
  for (const arch of new Set(ranked.map((place) => place.arch))) context.machines.pack(arch);
  const places = await preflight(compute, rest, look).catch((error: unknown) => {
    throw refused(error, project, 'Google Cloud says');
  });
  const [first] = places;
  if (first === undefined) throw new PxError('no_offer', 'No offer fits.');
  const planFor = (external: boolean): GcpPlan => {
    const own = external ? places : places.map((place) => ({ ...place, address: 0 }));
    return {
      account: { title: 'Google Cloud Platform', project, source: account.source },
      offer: offerAt(own[0] ?? first, ''),
      ...{ places: own, network, createNetwork, external, diskGb },
    };
  };
  // The first ones have the addresses.
  return Array.from({ length: spec.nodes }, (_, ordinal) => ({
    slots: 0,
    plan: planFor(ordinal < addresses),
  }));
};
