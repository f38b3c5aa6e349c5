import { PxError } from '../../../protocol/errors.ts';
import type { Compute } from './compute.ts';
import { hasNetwork } from './network.ts';
import type { PricedPlace } from './plan.ts';
import { checkQuotas, readQuotas } from './quota.ts';
import { asRefusal, hintFor } from './refusal.ts';
import type { Rest } from './rest.ts';

/** One thing that the account lacks, and what mends it. */
interface Lack {
  problem: string;
  mend: string;
  /** The type of machine that it is about. */
  of?: string;
}

interface Look {
  project: string;
  places: readonly PricedPlace[];
  /** Those that come. */
  nodes: number;
  diskGb: number;
  network: string;
  createNetwork: boolean;
  /** Of them, those with an external address. */
  addresses: number;
}

const ROLES: readonly [string, string][] = [
  ['compute.instances.create', 'roles/compute.instanceAdmin.v1'],
  ['compute.instances.delete', 'roles/compute.instanceAdmin.v1'],
  ['compute.instances.list', 'roles/compute.instanceAdmin.v1'],
  ['compute.instances.setLabels', 'roles/compute.instanceAdmin.v1'],
  ['compute.instances.setMetadata', 'roles/compute.instanceAdmin.v1'],
  ['compute.disks.create', 'roles/compute.instanceAdmin.v1'],
  ['compute.subnetworks.use', 'roles/compute.instanceAdmin.v1'],
  ['compute.subnetworks.useExternalIp', 'roles/compute.instanceAdmin.v1'],
  ['compute.firewalls.create', 'roles/compute.securityAdmin'],
  ['compute.firewalls.delete', 'roles/compute.securityAdmin'],
];

const NETWORK_ROLE = ['compute.networks.create', 'roles/compute.networkAdmin'] as const;

const TUNNEL_ROLE = [
  'iap.tunnelInstances.accessViaIAP',
  'roles/iap.tunnelResourceAccessor',
] as const;

/** Organisation policies that stand in px's way. */
const POLICIES: readonly { constraint: string; external: boolean; words: string; mend: string }[] =
  [
    {
      ...{ constraint: 'compute.vmExternalIpAccess', external: true },
      words: 'The organisation forbids external addresses',
      mend: 'cluster.external_ip: none in px.yaml, or ask whoever runs the organisation for an exception.',
    },
    {
      ...{ constraint: 'compute.requireOsLogin', external: false },
      words: 'The organisation forces OS Login, with which px cannot log in by a key of its own',
      mend: 'Ask whoever runs the organisation for an exception for this project.',
    },
    {
      ...{ constraint: 'compute.disableGuestAttributesAccess', external: false },
      words: 'The organisation forbids guest attributes, from which px learns host keys',
      mend: 'Ask whoever runs the organisation for an exception for this project.',
    },
  ];

const billing = async (rest: Rest, project: string): Promise<Lack[]> =>
  (await rest.billingEnabled(project)) === false
    ? [
        {
          problem: `Billing is off for project ${project}.`,
          mend: `gcloud billing projects link ${project} --billing-account=ACCOUNT (gcloud billing accounts list)`,
        },
      ]
    : [];

const permissions = async (
  rest: Rest,
  { project, createNetwork, addresses, nodes }: Look,
): Promise<Lack[]> => {
  const wanted = [
    ...ROLES,
    ...(createNetwork ? [NETWORK_ROLE] : []),
    ...(addresses < nodes ? [TUNNEL_ROLE] : []),
  ];
  const missing = await rest.missingPermissions(
    project,
    wanted.map(([permission]) => permission),
  );
  const roles = [...new Set(wanted.map(([, role]) => role))];
  return roles.flatMap((role) => {
    const lacking = wanted.filter(([name, of]) => of === role && missing?.includes(name));
    if (lacking.length === 0) return [];
    return {
      problem: `You lack ${lacking.map(([name]) => name).join(', ')}.`,
      mend: `gcloud projects add-iam-policy-binding ${project} --member=user:YOU --role=${role}`,
    };
  });
};

const policies = async (rest: Rest, { project, addresses }: Look): Promise<Lack[]> => {
  const asked = POLICIES.filter((policy) => !policy.external || addresses > 0);
  const enforced = await Promise.all(
    asked.map(({ constraint }) => rest.isEnforced(project, constraint)),
  );
  return asked.flatMap(({ constraint, words, mend }, index) =>
    enforced[index] === true ? [{ problem: `${words} (${constraint}).`, mend }] : [],
  );
};

const network = async (compute: Compute, look: Look): Promise<Lack[]> => {
  const { project, network: name, createNetwork } = look;
  if (await hasNetwork(compute, project, name)) return [];
  if (createNetwork && !name.includes('/')) return [];
  return [
    {
      problem: `Project ${project} has no network ${name}.`,
      mend: `px cluster up --create-network, or name another one: cluster.network in px.yaml (gcloud compute networks list --project ${project})`,
    },
  ];
};

/** What each region's quotas leave of the places; a lack where they leave none. */
const quotas = async (
  compute: Compute,
  look: Look,
): Promise<{ lacks: Lack[]; fit: PricedPlace[] }> => {
  const regions = [...new Set(look.places.map(({ region }) => region))];
  const read = await Promise.all(
    regions.map((region) => readQuotas(compute, look.project, region)),
  );
  const { project } = look;
  const found = look.places.map((place): Lack[] => {
    const own = read[regions.indexOf(place.region)] ?? null;
    if (own === null) {
      const problem = `Project ${project} has no region ${place.region}.`;
      return [
        {
          problem,
          mend: `Take another --region (gcloud compute regions list --project ${project}).`,
        },
      ];
    }
    const short = checkQuotas(own, place, { ...look, cpus: place.vcpus });
    const mend = `Ask for more at https://console.cloud.google.com/iam-admin/quotas?project=${project}, ask for fewer nodes, or bring another cluster up in another --region.`;
    return short.map((problem) => ({ problem, mend, of: place.instanceType }));
  });
  const fit = look.places.filter((_, index) => found[index]?.length === 0);
  return { lacks: fit.length > 0 ? [] : found.flat(), fit };
};

/** A service that is off or credentials that are no good make every other look fail: they come alone. */
const asLack = (error: unknown, project: string): Lack => {
  const refusal = asRefusal(error);
  return { problem: refusal.message, mend: hintFor(refusal, project) };
};

/** Each once, with all the types of machines that it is about. */
const merged = (lacks: readonly Lack[]): Lack[] =>
  [...new Map(lacks.map((lack) => [lack.problem, lack])).values()].map(({ problem, mend }) => {
    const same = lacks.filter((lack) => lack.problem === problem);
    const types = [...new Set(same.flatMap(({ of }) => (of === undefined ? [] : [of])))];
    const words = types.length === 0 ? '.' : ` (${types.join(', ')}).`;
    return { problem: problem.replace(/\.$/, words), mend };
  });

const refuse = (lacks: readonly Lack[], project: string): PxError => {
  const unique = merged(lacks);
  const [first] = unique;
  const words = unique.map(({ problem, mend }) => `${problem}\n    ${mend}`);
  const message =
    unique.length === 1
      ? `Project ${project} is not ready: ${first?.problem}`
      : `Project ${project} is not ready:\n  ${words.join('\n  ')}`;
  return new PxError('account_not_ready', message, {
    hint:
      unique.length === 1 && first !== undefined ? first.mend : 'Mend these, then the same again.',
    details: unique,
  });
};

/**
 * Looks at everything that could stand in the way, and reports all of it at once. Returns the places
 * that the quotas leave. Throws `account_not_ready`.
 */
export const preflight = async (
  compute: Compute,
  rest: Rest,
  look: Look,
): Promise<PricedPlace[]> => {
  const { project } = look;
  const checked = quotas(compute, look);
  const looks = [
    billing(rest, project),
    permissions(rest, look),
    policies(rest, look),
    network(compute, look),
    checked.then(({ lacks }) => lacks),
  ];
  const ends = await Promise.allSettled(looks);
  const lacks = ends.flatMap((end) =>
    end.status === 'fulfilled' ? end.value : [asLack(end.reason, project)],
  );
  if (lacks.length > 0) throw refuse(lacks, project);
  return (await checked).fit;
};
