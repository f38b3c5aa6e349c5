import type { GoogleAuth } from 'google-auth-library';
import type { Clock } from '../../clock.ts';
import { asRefusal, isPassing, isRateLimit } from './refusal.ts';

/** Where the Compute API is; an emulator stands elsewhere. */
interface ComputeOptions {
  auth: GoogleAuth;
  /** `https://compute.googleapis.com` where it is not given. */
  url: string | undefined;
  clock: Clock;
  random: (count: number) => Uint8Array;
  /** The id of this control plane, in hex: its requests are known by it. */
  controlPlane: () => string;
}

/** Thirty seconds for one answer: a call only starts an operation. */
const CALL_MS = 30_000;
/** Five tries within about 8 s (0.5, 1, 2, 4) … */
const TRIES = 5;
const FIRST_PAUSE_MS = 500;
/** … and nine within 75 s where the calls of a minute are used up: the next minute has more. */
const RATE_TRIES = 9;
const LONGEST_PAUSE_MS = 15_000;

// The import of all clients takes a second and 100 MB; of one, a fifth of that, and the next are free.
const loadClients = async () => {
  const [instances, regionInstances, zoneOperations, regionOperations, globalOperations] =
    await Promise.all([
      import('@google-cloud/compute/build/src/v1/instances_client.js'),
      import('@google-cloud/compute/build/src/v1/region_instances_client.js'),
      import('@google-cloud/compute/build/src/v1/zone_operations_client.js'),
      import('@google-cloud/compute/build/src/v1/region_operations_client.js'),
      import('@google-cloud/compute/build/src/v1/global_operations_client.js'),
    ]);
  const [networks, firewalls, projects, regions, images] = await Promise.all([
    import('@google-cloud/compute/build/src/v1/networks_client.js'),
    import('@google-cloud/compute/build/src/v1/firewalls_client.js'),
    import('@google-cloud/compute/build/src/v1/projects_client.js'),
    import('@google-cloud/compute/build/src/v1/regions_client.js'),
    import('@google-cloud/compute/build/src/v1/images_client.js'),
  ]);
  return {
    ...{ ...instances, ...regionInstances, ...zoneOperations, ...regionOperations },
    ...{ ...globalOperations, ...networks, ...firewalls, ...projects, ...regions, ...images },
  };
};

const clientOptions = ({ auth, url }: ComputeOptions) => {
  if (url === undefined) return { auth };
  const { hostname, port, protocol } = new URL(url);
  return { auth, apiEndpoint: hostname, port: Number(port), protocol: protocol.replace(':', '') };
};

/** Made at the first use: each takes some 30 ms. */
const lazily = <T>(make: () => T): (() => T) => {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

const createClients = async (options: ComputeOptions) => {
  const all = await loadClients();
  const given = clientOptions(options);
  return {
    instances: lazily(() => new all.InstancesClient(given)),
    regionInstances: lazily(() => new all.RegionInstancesClient(given)),
    zoneOperations: lazily(() => new all.ZoneOperationsClient(given)),
    regionOperations: lazily(() => new all.RegionOperationsClient(given)),
    globalOperations: lazily(() => new all.GlobalOperationsClient(given)),
    networks: lazily(() => new all.NetworksClient(given)),
    firewalls: lazily(() => new all.FirewallsClient(given)),
    projects: lazily(() => new all.ProjectsClient(given)),
    regions: lazily(() => new all.RegionsClient(given)),
    images: lazily(() => new all.ImagesClient(given)),
  };
};

type Clients = Awaited<ReturnType<typeof createClients>>;
/** gax's own retries are off: they go on for ten minutes without a word. */
const CALL = { timeout: CALL_MS, retry: null, autoPaginate: false } as const;

/** The Compute API: each call is tried again where that may help, and refuses with a `Refusal`. */
export interface Compute {
  /** For calls that may be made twice: reads, and writes that carry a requestId. */
  call<T>(work: (clients: Clients, options: typeof CALL) => Promise<T>): Promise<T>;
  clock: Clock;
  /** A new UUID, by which the cloud knows a request that it gets twice. */
  requestId(): string;
  /** Whether it is one of this control plane's: an operation tells its request's as clientOperationId. */
  isOwnRequest(requestId: string): boolean;
}

/** As long as the UUID's first two fields. */
const OWN_HEX = 12;

/** RFC 9562, version 4, but for its first 48 bits, which are the control plane's. */
const uuid = (controlPlane: string, bytes: Uint8Array): string => {
  const own = controlPlane.slice(0, OWN_HEX).padEnd(OWN_HEX, '0');
  const hex = `${own}${Buffer.from(bytes).toString('hex')}`;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

export const createCompute = (options: ComputeOptions): Compute => {
  const { clock, random, controlPlane } = options;
  let clients: Promise<Clients> | undefined;
  const call: Compute['call'] = async (work) => {
    clients ??= createClients(options);
    const ready = await clients;
    for (let tries = 1; ; tries++) {
      try {
        return await work(ready, CALL);
      } catch (cause) {
        const refusal = asRefusal(cause);
        const most = isRateLimit(refusal) ? RATE_TRIES : TRIES;
        if (tries >= most || !isPassing(refusal)) throw refusal;
        const jitter = 1 + (random(1)[0] ?? 0) / 256;
        const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1));
        await clock.sleep(pause * jitter);
      }
    }
  };
  const requestId = (): string => uuid(controlPlane(), random(10));
  const ownBytes = new Uint8Array(10);
  const isOwnRequest = (id: string): boolean => {
    const own = uuid(controlPlane(), ownBytes).slice(0, OWN_HEX + 1);
    return id.startsWith(own);
  };
  return { call, clock, requestId, isOwnRequest };
};
