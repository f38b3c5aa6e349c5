import type { ProviderName } from '../../protocol/px-yaml.ts';

/** What is needed to make one machine; the same order again makes no second one. */
export interface NodeOrder {
  nodeId: string;
  clusterName: string;
  slots: number;
  /** Single-use, minutes; must not reach argv, environment or a file that others can read. */
  joinToken: string;
}

/** What the provider needs to find a machine again; stored as JSON with the node. */
export type ProviderRef = Record<string, unknown>;

/** `gone` only where the provider is sure; a provider that cannot tell throws. */
export interface Described {
  state: 'running' | 'gone';
  /** Why it is gone, in the machine's own last words. */
  problem: string | null;
}

/** What a provider declares about its machines, so that nobody asks for its name. */
interface ProviderPromises {
  /** `create` may be called again for a node whose machine is gone. */
  restarts: boolean;
  /** Its machines are processes beside the control plane: who ends px there ends them too. */
  onThisMachine: boolean;
}

/** The seam between px and whoever owns machines: one file and one registry row each. */
export interface Provider {
  readonly name: ProviderName;
  readonly promises: ProviderPromises;
  /** Makes the machine and has its worker started. Throws `provider_refused` with the owner's own words. */
  create(order: NodeOrder): Promise<ProviderRef>;
  describe(nodeId: string, ref: ProviderRef): Promise<Described>;
  /**
   * Resolves when nothing is left of it. The worker has been told to stop by the control channel and
   * gets a moment for that. Idempotent; a null ref destroys what an unfinished `create` may have left.
   */
  destroy(nodeId: string, ref: ProviderRef | null): Promise<void>;
}
