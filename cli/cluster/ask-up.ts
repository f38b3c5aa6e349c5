import * as z from 'zod';
import { PxError } from '../../protocol/errors.ts';
import type {
  ClusterAccess,
  ClusterSpec,
  ClusterUpReply,
} from '../../protocol/messages/clusters.ts';
import { canAsk, confirm } from '../confirm.ts';
import type { Context } from '../context.ts';
import { insist } from '../server/insist.ts';
import { agreedPrice } from './agreed-price.ts';

const UnknownKeys = z.object({
  hosts: z.array(
    z.object({ host: z.string(), keys: z.array(z.string()), fingerprints: z.array(z.string()) }),
  ),
});

/** The keys of hosts that nobody knows, if somebody says here that they are theirs. */
const agreedKeys = async (context: Context, error: unknown): Promise<string[] | null> => {
  if (!(error instanceof PxError) || error.code !== 'host_key_unknown') return null;
  const unknown = UnknownKeys.safeParse(error.details);
  if (!unknown.success) return null;
  const { hosts } = unknown.data;
  if (!canAsk(context)) return null;
  for (const { host, fingerprints } of hosts) {
    context.output.say(`The host key of ${host} is ${fingerprints.join(', ')}.`);
  }
  const question = hosts.length === 1 ? 'Is that its key?' : 'Are those their keys?';
  // --yes does not know any key; --accept-new-host-keys says that it takes them all.
  const { stdin, output, json } = context;
  const isAgreed = await confirm({ stdin, output, json, yes: false }, question);
  return isAgreed ? hosts.flatMap(({ keys }) => keys) : null;
};

/** Questions of a control plane that a user may answer: each at most once. */
const QUESTIONS_MAX = 2;

/** Asks for the cluster, and the user for what the control plane wants to know first. */
export const askUp = async (
  context: Context,
  plan: { name: string; spec: ClusterSpec },
  access: ClusterAccess,
): Promise<ClusterUpReply> => {
  let said = access;
  for (let questions = 0; ; questions++) {
    try {
      const json = { ...plan, access: said };
      return await insist(context, (client) => client.call('clusterUp', { json }));
    } catch (error) {
      if (questions >= QUESTIONS_MAX) throw error;
      const hostKeys = await agreedKeys(context, error);
      const agreedUsdPerHour = await agreedPrice(context, error);
      if (hostKeys === null && agreedUsdPerHour === null) throw error;
      said = {
        ...said,
        ...(hostKeys === null ? {} : { hostKeys }),
        ...(agreedUsdPerHour === null ? {} : { agreedUsdPerHour }),
      };
    }
  }
};
