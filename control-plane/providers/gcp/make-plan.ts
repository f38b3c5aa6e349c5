import { PxError } from '../../../protocol/errors.ts';
import type { ClusterSpec } from '../../../protocol/messages/clusters.ts';
import { clusterRequirements, type Requirements } from '../../pricing/requirements.ts';
import type { ClusterAsk, NodePlan } from '../provider.ts';
import type { Context } from './context.ts';
import { type GcpPlan, offerAt, placesOf, toGb } from './plan.ts';
import { preflight } from './preflight.ts';
import { refused } from './refusal.ts';
import type { Session } from './session.ts';

const GIB = 2 ** 30;
/** 2 GB for each CPU that is asked for. */
const GIB_PER_CPU = 2;
const DISK_GB = 50;

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
      spec.memoryBytes === undefined ? spec.cpusPerNode * GIB_PER_CPU : spec.memoryBytes / GIB,
    disk: spec.diskBytes === undefined ? DISK_GB : toGb(spec.diskBytes),
    region: regionsOf(spec, session),
    zone: list(spec.zones),
    spot: spec.spot === undefined ? 'false' : (String(spec.spot) as 'true' | 'false' | 'prefer'),
    arch: spec.arch,
    burstable: spec.burstable,
    instance_type: spec.instanceType === undefined ? undefined : [spec.instanceType],
  });

const checkAddresses = ({ externalIp, nodes }: ClusterSpec): void => {
  if (externalIp !== 'head' || nodes === 1) return;
  throw new PxError(
    'unsupported',
    'external_ip: head is not to be had: px reaches every node by itself.',
    { hint: 'external_ip: all, or none (through the tunnels of Google, which needs gcloud)' },
  );
};

/**
 * What the nodes are to be: the account, looked over whole, and the offers in the order in which they
 * will be asked for. Throws `credentials_missing`, `account_not_ready`, `no_offer`, `provider_refused`.
 */
export const makePlan = async (
  context: Context,
  { spec, access }: ClusterAsk,
): Promise<readonly NodePlan[]> => {
  checkAddresses(spec);
  const session = await context.sessions.get(access.env, spec.project);
  const { project, compute, rest, account } = session;
  const { offers } = await context.rank(requirementsOf(spec, session));
  const external = spec.externalIp !== 'none';
  const network = spec.network ?? 'default';
  const diskGb = spec.diskBytes === undefined ? DISK_GB : toGb(spec.diskBytes);
  const ranked = placesOf(offers).map((place) => (external ? place : { ...place, address: 0 }));
  const look = { project, places: ranked, nodes: spec.nodes, diskGb, network, external };
  for (const arch of new Set(ranked.map((place) => place.arch))) context.machines.pack(arch);
  const places = await preflight(compute, rest, look).catch((error: unknown) => {
    throw refused(error, project, 'Google Cloud says');
  });
  const [first] = places;
  if (first === undefined) throw new PxError('no_offer', 'No offer fits.');
  const plan: GcpPlan = {
    account: { title: 'Google Cloud Platform', project, source: account.source },
    offer: offerAt(first, ''),
    ...{ places, network, external, diskGb },
  };
  return Array.from({ length: spec.nodes }, () => ({ slots: 0, plan }));
};
