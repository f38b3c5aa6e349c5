import type { Share } from '../input/inputs.ts';

/** A lease that counts: its epoch is the partition's (or the glob's) current one in the database. */
export interface LiveLease {
  jobId: string;
  partition: number;
  epoch: string;
  attempt: number;
  nodeId: string;
  /** The partition's share of the input. */
  share: Share;
  /** The evaluation of the job's glob, which has no partition row. */
  glob: boolean;
  started: boolean;
  /** Runs in a slot of its own beside the node's. */
  beside: boolean;
  /** Nothing else may run on the node meanwhile. */
  alone: boolean;
  /** Only this node may run it. */
  pinned: boolean;
  /** The node was asked to give it back unstarted. */
  asked: boolean;
  /** Milliseconds of the monotonic clock. */
  leasedAt: number;
  deadline: number;
  /** SHA-256 of command and input, once the input was read. */
  hash: string | null;
}

/** Names a lease in maps. */
export const leaseName = (jobId: string, partition: number, epoch: string): string =>
  `${jobId} ${partition} ${epoch}`;

const nameOf = (lease: LiveLease): string => leaseName(lease.jobId, lease.partition, lease.epoch);

const put = (index: Map<string, Set<LiveLease>>, key: string, lease: LiveLease): void => {
  const leases = index.get(key);
  if (leases === undefined) index.set(key, new Set([lease]));
  else leases.add(lease);
};

const take = (index: Map<string, Set<LiveLease>>, key: string, lease: LiveLease): void => {
  const leases = index.get(key);
  leases?.delete(lease);
  if (leases?.size === 0) index.delete(key);
};

const NONE: ReadonlySet<LiveLease> = new Set();

/** The leases that count, by name, node and job. It follows the database: change it after a commit. */
export class LeaseTable {
  readonly #byName = new Map<string, LiveLease>();
  readonly #byNode = new Map<string, Set<LiveLease>>();
  readonly #byJob = new Map<string, Set<LiveLease>>();

  get size(): number {
    return this.#byName.size;
  }

  add(lease: LiveLease): void {
    this.#byName.set(nameOf(lease), lease);
    put(this.#byNode, lease.nodeId, lease);
    put(this.#byJob, lease.jobId, lease);
  }

  remove(lease: LiveLease): void {
    this.#byName.delete(nameOf(lease));
    take(this.#byNode, lease.nodeId, lease);
    take(this.#byJob, lease.jobId, lease);
  }

  get(jobId: string, partition: number, epoch: string): LiveLease | undefined {
    return this.#byName.get(leaseName(jobId, partition, epoch));
  }

  /** In the order of their lease. */
  ofNode(nodeId: string): ReadonlySet<LiveLease> {
    return this.#byNode.get(nodeId) ?? NONE;
  }

  /** In the order of their lease. */
  ofJob(jobId: string): ReadonlySet<LiveLease> {
    return this.#byJob.get(jobId) ?? NONE;
  }

  all(): Iterable<LiveLease> {
    return this.#byName.values();
  }
}
