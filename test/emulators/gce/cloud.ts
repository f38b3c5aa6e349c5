import type { Books } from './books.ts';
import type { Host } from './vm/host.ts';

/** One virtual machine as its owner sees it. Times in milliseconds since 1970. */
export interface Vm {
  id: string;
  name: string;
  zone: string;
  machineType: string;
  /** PROVISIONING, STAGING, RUNNING, STOPPING, TERMINATED. */
  status: string;
  spot: boolean;
  /** What the owner gave: labels, metadata items, scheduling. */
  labels: Record<string, string>;
  metadata: Record<string, string>;
  scheduling: Record<string, unknown>;
  network: string;
  tags: readonly string[];
  diskGb: number;
  diskType: string;
  image: string;
  ip: string;
  natIp: string | null;
  createdAt: number;
  startedAt: number | null;
  guestAttributes: Map<string, string>;
  preempted: boolean;
  host: Host | null;
  /** Ends what waits for this machine: its boot, its maxRunDuration. */
  timers: Set<NodeJS.Timeout>;
}

/** An operation; `scope` is `zones/Z`, `regions/R` or `global`. */
export interface Operation {
  id: string;
  name: string;
  type: string;
  scope: string;
  status: 'PENDING' | 'RUNNING' | 'DONE';
  target: { link: string; id: string };
  error: { code: string; message: string; status: number } | null;
  insertedAt: number;
  /** Null while it goes on. */
  endedAt: number | null;
  /** The caller's; null where it gave none. */
  requestId: string | null;
}

export interface MachineType {
  cpus: number;
  memoryMb: number;
  arch: 'X86_64' | 'ARM64';
  /** USD an hour. */
  price: number;
  spotPrice: number;
}

interface Firewall {
  name: string;
  project: string;
  network: string;
  sourceRanges: string[];
  targetTags: string[];
  body: Record<string, unknown>;
}

/** What goes wrong with calls of a method (`Instances.Delete`), so many times. */
export interface Trouble {
  method: RegExp;
  times: number;
  /**
   * `refuse`: answered with `status`, nothing done. `lose`: done, and the connection ends without an
   * answer. `hang`: done, its operation never ends. `fail`: its operation ends with an error, nothing
   * done. `silent`: no answer at all.
   */
  kind: 'refuse' | 'lose' | 'hang' | 'fail' | 'silent';
  status?: number;
  message?: string;
  reason?: string;
}

/** Everything that the emulated cloud knows. */
export interface Cloud {
  project: string;
  projectNumber: string;
  /** Region of every zone. */
  zones: Map<string, string>;
  types: Map<string, MachineType>;
  vms: Map<string, Vm>;
  /** Machines that no list has yet, and those that are gone and still listed. */
  unlisted: Set<Vm>;
  lingering: Set<Vm>;
  operations: Map<string, Operation>;
  /** Operations by the caller's requestId. */
  replays: Map<string, string>;
  networks: Map<string, { autoCreateSubnetworks: boolean }>;
  firewalls: Map<string, Firewall>;
  /** Limits by `REGION METRIC` or `METRIC` for the whole project. */
  quotas: Map<string, number>;
  /** Regions that this project does not have. */
  closedRegions: Set<string>;
  /** `ZONE TYPE` or `ZONE *` that is sold out. */
  soldOut: Set<string>;
  /** No zone has a spot machine left. */
  spotIsSoldOut: boolean;
  /** Zones that no list can reach now. */
  unreachable: Set<string>;
  troubles: Trouble[];
  /** What the addresses of its machines begin with, in its network and on the internet. */
  addresses: { inside: string; outside: string };
  /** Where calls come from, as the internet sees it. */
  callerAddress: string;
  /** Access tokens that are good. */
  tokens: Set<string>;
  /** Permissions that the caller lacks, services that are off, and so on. */
  account: Account;
  books: Books;
  /** Breaches of the vendor's description, by px or by this emulator: a test fails on any. */
  problems: string[];
  /** Names of the methods that were called, in order. */
  calls: string[];
  /** Calls of all APIs so far. */
  served: number;
  /** Sees each of them before it is carried out and before it is answered; `true`: the caller is dead. */
  watch: ((moment: 'before' | 'after', call: { serial: number; name: string }) => boolean) | null;
  /**
   * Milliseconds from the order of a machine to RUNNING, and from there to a booted system; from the
   * notice of a preemption to the power button, and from there to the end. `orderMs`: from the answer
   * to an order to its machines; `listMs`: from there to the lists, and from their end to where no list
   * has them.
   */
  delays: {
    orderMs: number;
    listMs: number;
    provisionMs: number;
    bootMs: number;
    operationMs: number;
    preemptionMs: number;
    noticeMs: number;
  };
  /** Makes the real host of a machine; null where machines are paper only. */
  makeHost: ((vm: Vm) => Promise<Host>) | null;
  now(): number;
  nextId(): string;
}

interface Account {
  billingEnabled: boolean;
  disabledServices: Set<string>;
  missingPermissions: Set<string>;
  /** Organisation policy constraints that are enforced. */
  policies: Set<string>;
}

/** What an API answers instead of a result. */
export class ApiError extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, message: string, reason: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

export const notFound = (cloud: Cloud, what: string): ApiError =>
  new ApiError(404, `The resource 'projects/${cloud.project}/${what}' was not found`, 'notFound');

export const findVm = (cloud: Cloud, zone: string, name: string): Vm => {
  const vm = cloud.vms.get(`${zone}/${name}`);
  if (vm === undefined) throw notFound(cloud, `zones/${zone}/instances/${name}`);
  return vm;
};

/** The full URL by which the API names things. */
export const link = (cloud: Cloud, path: string): string =>
  `https://www.googleapis.com/compute/v1/projects/${cloud.project}/${path}`;
