import * as z from 'zod';
import { PxError } from '../../../protocol/errors.ts';
import type { Machines } from '../../machines/machines.ts';
import type { SshTarget } from '../../machines/target.ts';
import type { NodeSite, Provider } from '../provider.ts';
import { placeOf } from './host.ts';
import type { KeyOptions } from './host-keys.ts';
import { planHosts } from './plan.ts';

interface SshOptions extends KeyOptions {
  machines: Machines;
}

const Plan = z.object({
  host: z.string(),
  hostKeys: z.array(z.string()),
  knownIn: z.string().optional(),
});

const targetOf = ({ plan, access }: NodeSite): SshTarget => {
  const { host, hostKeys, knownIn } = Plan.parse(plan);
  return { ...placeOf(host, access), hostKeys, ...(knownIn === undefined ? {} : { knownIn }) };
};

/** Machines that people own already: px starts a worker there, and leaves nothing when it goes. */
export const createSshProvider = ({ machines, ...options }: SshOptions): Provider => ({
  name: 'ssh',
  promises: {
    ...{ restarts: true, onThisMachine: false, tunneled: true },
    ...{ refusesForGood: true, mayBeLeft: true },
  },
  plan: (ask) => planHosts(options, ask),
  create: async (order) => {
    const { nodeId, slots, joinToken } = order;
    return { ...(await machines.raise({ nodeId, slots, joinToken, target: targetOf(order) })) };
  },
  describe: async (nodeId, _ref, site) => {
    const { state, problem } = await machines.tend(nodeId, targetOf(site));
    if (state !== 'ended') return { state, problem };
    return { state: 'gone', problem: `The worker ended${problem === null ? '.' : `: ${problem}`}` };
  },
  reach: async (_nodeId, _ref, site) => targetOf(site),
  destroy: async (nodeId, ref, site) => {
    try {
      await machines.raze(nodeId, targetOf(site));
    } catch (cause) {
      await machines.forget(nodeId);
      // A host that never let px in has nothing of px.
      if (ref !== null || !(cause instanceof PxError)) throw cause;
    }
  },
});
