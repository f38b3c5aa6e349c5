import type { ClusterAccess, ClusterSpec, NodeOffer } from '../../protocol/messages/clusters.ts';
import type { Stray } from '../../protocol/messages/strays.ts';
import type { ProviderName } from '../../protocol/px-yaml.ts';
import type { SshTarget } from '../machines/target.ts';

/** A cluster that somebody asks for. */
export interface ClusterAsk {
  name: string;
  spec: ClusterSpec;
  access: ClusterAccess;
  /** Ordinals of the nodes whose machines are not there yet; absent: all. */
  missing?: readonly number[];
}

/** What one node is to be. */
export interface NodePlan {
  /** 0: as many as the machine has. */
  slots: number;
  /** JSON of the provider's own, written down with the node before its machine is made. */
  plan: unknown;
}

/** Where a node stands: known before its machine is made, and for as long as the node is. */
export interface NodeSite {
  clusterId: string;
  clusterName: string;
  nodeName: string;
  ordinal: number;
  spec: ClusterSpec;
  access: ClusterAccess;
  /** That of its NodePlan. */
  plan: unknown;
  /** An earlier control plane wrote it down: nobody here knows how what that one ordered last has ended. */
  isInherited?: boolean;
}

/** What somebody agreed that a cluster may cost. */
export interface Agreed {
  /** USD an hour of all its nodes together; Infinity where nothing limits it. */
  usdPerHour: number;
  /** USD an hour of its nodes without these, as they are now. */
  others(nodeIds: readonly string[]): number;
}

/** What is needed to make one machine; the same order again makes no second one. */
export interface NodeOrder extends NodeSite {
  nodeId: string;
  slots: number;
  /** No machine was ever ordered for this node: none has to be looked for. */
  isFirst?: boolean;
  /** Single-use, minutes; must not reach argv, environment or a file that others can read. */
  joinToken: string;
  /** Aborts when nobody wants the machine any more: `create` ends soon, and `destroy` follows. */
  signal?: AbortSignal;
  /** An offer that takes the place of the chosen one is left out where it passes this. */
  agreed?: Agreed;
  /** Told of the machine as soon as it costs something, when it costs more, and of its end. */
  onBill?: OnBill;
}

/** What a machine costs and since when, by its owner's own clock; milliseconds since 1970. */
export interface Bill {
  offer: NodeOffer;
  /** Its disk costs from here on. */
  createdAt: number;
  /** The rest does; null before it runs. */
  startedAt: number | null;
}

/** The bill of a machine that is over. */
export interface LastBill extends Bill {
  endedAt: number;
}

export type OnBill = (bill: Bill | LastBill) => void;

/**
 * What the provider needs to find a machine again; stored as JSON with the node. `phases`, where
 * there is one, holds the milliseconds of each phase of its making, for people.
 */
export type ProviderRef = Record<string, unknown>;

/** `gone` only where the provider is sure; a provider that cannot tell throws. */
export interface Described {
  /** `silent`: nobody hears its worker for too long, while others are heard; it may come back. */
  state: 'running' | 'silent' | 'gone';
  /** Why it is gone, in the machine's own last words. */
  problem: string | null;
  /** Its worker alone is gone: the machine is there, and costs what it did. */
  isStillThere?: boolean;
  /** Its owner took it back, as a spot machine: what ran there counts as nothing. */
  isTakenBack?: boolean;
  /** Somebody is logged in there: the cluster is in use. */
  hasGuests?: boolean;
}

/** What a provider declares about its machines, so that nobody asks for its name. */
interface ProviderPromises {
  /** `create` may be called again for a node whose machine is gone. */
  restarts: boolean;
  /** Its machines are processes beside the control plane: who ends px there ends them too. */
  onThisMachine: boolean;
  /** Its workers are reached through tunnels: their leases outlast a laptop that sleeps for a while. */
  tunneled: boolean;
  /** A machine that was refused before it ever joined is not tried again: somebody has to mend it. */
  refusesForGood: boolean;
  /** One that is out of reach may be given up where the user insists: it is the user's, and costs nothing. */
  mayBeLeft: boolean;
}

/** Where a caller's account is: variables that hold paths and names, and the project it named. */
export interface Account {
  env: Readonly<Record<string, string>>;
  project: string | undefined;
}

/** A node of a cluster that is up here. */
export interface KnownNode {
  clusterName: string;
  nodeId: string;
}

/** Machines that carry px's labels and are no known node's, whoever made them. */
export interface StrayKeeper {
  /** The project that the account leads to: what stands in it is the same for all who may look. */
  projectOf(account: Account): Promise<string>;
  list(account: Account, known: readonly KnownNode[]): Promise<readonly Stray[]>;
  /** Deletes one, with what stands there for it alone. Only a person asks for that. */
  remove(account: Account, stray: Stray): Promise<void>;
}

/** The seam between px and whoever owns machines: one file and one registry row each. */
export interface Provider {
  readonly name: ProviderName;
  readonly promises: ProviderPromises;
  /** Whether the caller has an account there; absent where none is needed. */
  isConnected?(account: Pick<Account, 'env'>): Promise<boolean>;
  /**
   * Before anything is written or made: what each node is to be, in the order of the nodes. Throws
   * what the caller has to mend or to agree to, for those that are missing.
   */
  plan(ask: ClusterAsk): Promise<readonly NodePlan[]>;
  /** Makes the machine and has its worker started. Throws `provider_refused` with the owner's own words. */
  create(order: NodeOrder): Promise<ProviderRef>;
  describe(nodeId: string, ref: ProviderRef, site: NodeSite): Promise<Described>;
  /**
   * Resolves when nothing is left of it. The worker has been told to stop by the control channel and
   * gets a moment for that. Idempotent; a null ref destroys what an unfinished `create` may have left.
   * `onBill` is told of what is found before it goes, and of its end.
   */
  destroy(nodeId: string, ref: ProviderRef | null, site: NodeSite, onBill?: OnBill): Promise<void>;
  /** Absent where machines cannot be lost sight of. */
  readonly strays?: StrayKeeper;
  /** What the machine costs now, USD an hour; absent where that does not change. */
  priceNow?(ref: ProviderRef, site: NodeSite): Promise<number | null>;
  /** How a person reaches it by ssh; null where it is this machine. */
  reach(nodeId: string, ref: ProviderRef, site: NodeSite): Promise<SshTarget | null>;
}
