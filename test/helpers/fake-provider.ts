import type { NodeOrder, Provider, ProviderRef } from '../../control-plane/providers/provider.ts';
import { PxError } from '../../protocol/errors.ts';

/** A provider whose machines are entries of a map; a test may make it refuse. */
interface FakeProvider extends Provider {
  /** Living machines by node id. */
  readonly machines: Map<string, NodeOrder>;
  readonly created: NodeOrder[];
  /** Called before a machine is made. */
  onCreate: (order: NodeOrder) => void;
  refuse: { create: boolean; destroy: boolean };
  /** What a machine waits for while it is made. */
  slow: (order: NodeOrder) => Promise<void>;
}

export const createFakeProvider = (promises: Partial<Provider['promises']> = {}): FakeProvider => {
  const machines = new Map<string, NodeOrder>();
  const created: NodeOrder[] = [];
  const refuse = { create: false, destroy: false };
  const check = (isRefused: boolean): void => {
    if (isRefused) throw new PxError('provider_refused', 'quota exceeded');
  };
  const fake: FakeProvider = {
    name: 'local',
    promises: {
      ...{ restarts: true, onThisMachine: true, tunneled: false, refusesForGood: false },
      mayBeLeft: false,
      ...promises,
    },
    plan: async ({ spec }) =>
      Array.from({ length: spec.nodes }, () => ({ slots: spec.cpusPerNode, plan: null })),
    machines,
    created,
    refuse,
    onCreate: () => undefined,
    slow: async () => undefined,
    create: async (order): Promise<ProviderRef> => {
      fake.onCreate(order);
      check(refuse.create);
      machines.set(order.nodeId, order);
      created.push(order);
      await fake.slow(order);
      return { serial: created.length };
    },
    describe: async (nodeId) =>
      machines.has(nodeId)
        ? { state: 'running', problem: null }
        : { state: 'gone', problem: 'it was preempted' },
    reach: async () => null,
    destroy: async (nodeId) => {
      check(refuse.destroy);
      machines.delete(nodeId);
    },
  };
  return fake;
};
