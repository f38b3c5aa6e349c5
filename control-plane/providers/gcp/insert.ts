import type { Compute } from './compute.ts';
import { nameOf, type OperationRef } from './operations.ts';
import { diskTypeFor } from './shape.ts';

/** One offer and the zones of one region in which it stands; none named: any zone of the region. */
export interface Place {
  region: string;
  zones: readonly string[];
  instanceType: string;
  arch: string;
  spot: boolean;
}

/** The machines of one request. */
export interface Insert {
  project: string;
  place: Place;
  /** Their names. */
  names: readonly string[];
  /** Fewer than these are none: all for `up`, one for replacements. */
  minCount: number;
  labels: Readonly<Record<string, string>>;
  /** Link of the boot image. */
  image: string;
  diskGb: number;
  /** Link of the network, and of the subnetwork where one is named. */
  network: string;
  subnetwork: string | undefined;
  external: boolean;
  /** The cloud itself deletes the machine then; 0 = never. */
  maxLifetimeMs: number;
  /** `USER:ssh-ed25519 AAAA…`, a public key. */
  sshKey: string;
  /** Tag by which the firewall rule finds them. */
  tag: string;
  /** E-mail of an account to attach; none unless it is named. */
  serviceAccount: string | undefined;
  /** UUID: the same one again finds the first request's operation. */
  requestId: string;
}

/** Shorter deadlines are refused by the cloud (cloud.google.com/compute/docs/instances/limit-vm-runtime). */
const MIN_RUN_SECONDS = 30;

const scheduling = ({ place, maxLifetimeMs }: Insert) => {
  const seconds = Math.max(MIN_RUN_SECONDS, Math.ceil(maxLifetimeMs / 1000));
  const isLimited = maxLifetimeMs > 0;
  return {
    provisioningModel: place.spot ? 'SPOT' : 'STANDARD',
    automaticRestart: false,
    ...(place.spot ? { onHostMaintenance: 'TERMINATE' } : {}),
    ...(place.spot || isLimited ? { instanceTerminationAction: 'DELETE' } : {}),
    ...(isLimited ? { maxRunDuration: { seconds: String(seconds) } } : {}),
  };
};

/** No secret stands in metadata: every process of the machine can read it. */
const metadata = ({ sshKey }: Insert) => ({
  items: Object.entries({
    'enable-guest-attributes': 'TRUE',
    'enable-oslogin': 'FALSE',
    'block-project-ssh-keys': 'TRUE',
    'ssh-keys': sshKey,
  }).map(([key, value]) => ({ key, value })),
});

const properties = (insert: Insert) => {
  const { place, image, diskGb, network, subnetwork, external, serviceAccount } = insert;
  return {
    machineType: place.instanceType,
    labels: { ...insert.labels },
    metadata: metadata(insert),
    scheduling: scheduling(insert),
    tags: { items: [insert.tag] },
    disks: [
      {
        ...{ boot: true, autoDelete: true, type: 'PERSISTENT' },
        initializeParams: {
          ...{ sourceImage: image, diskSizeGb: String(Math.ceil(diskGb)) },
          diskType: diskTypeFor(place.instanceType),
          labels: { ...insert.labels },
        },
      },
    ],
    networkInterfaces: [
      {
        network,
        ...(subnetwork === undefined ? {} : { subnetwork }),
        accessConfigs: external ? [{ name: 'External NAT', type: 'ONE_TO_ONE_NAT' }] : [],
      },
    ],
    serviceAccounts:
      serviceAccount === undefined
        ? []
        : [{ email: serviceAccount, scopes: ['https://www.googleapis.com/auth/cloud-platform'] }],
  };
};

/**
 * Orders machines in any of the zones. Answers with the operation, whose end is not waited for.
 * Names stand in perInstanceProperties: a pattern would count on after a lost reply.
 */
export const insertMachines = async (compute: Compute, insert: Insert): Promise<OperationRef> => {
  const { project, place, names, minCount, requestId } = insert;
  const { region, zones } = place;
  const preferences = zones.map((zone) => [`zones/${zone}`, { preference: 'ALLOW' }]);
  const name = await compute.call(async ({ regionInstances }, options) => {
    const [operation] = await regionInstances().bulkInsert(
      {
        ...{ project, region, requestId },
        bulkInsertInstanceResourceResource: {
          count: String(names.length),
          minCount: String(minCount),
          perInstanceProperties: Object.fromEntries(names.map((one) => [one, {}])),
          locationPolicy: { targetShape: 'ANY', locations: Object.fromEntries(preferences) },
          instanceProperties: properties(insert),
        },
      },
      options,
    );
    return nameOf(operation);
  });
  return { project, scope: `regions/${region}`, name };
};
