import { PxError } from '../../protocol/errors.ts';
import type { ClusterUp } from '../../protocol/messages/clusters.ts';
import { NodeOffer } from '../../protocol/messages/clusters.ts';
import type { NodePlan } from '../providers/provider.ts';

/** USD an hour: the contract of `cluster up`. */
const ASKS_ABOVE_USD = 5;

const hourly = ({ plan }: NodePlan): number => {
  const offer = NodeOffer.safeParse(Object(plan).offer).data;
  if (offer === undefined) return 0;
  const { machine, disk, address } = offer.usdPerHour;
  return machine + disk + address;
};

/** Machines are billed for a minute at least. */
const MINUTES_PER_HOUR = 60;

const checkAffordable = (maxCostUsd: number, usdPerHour: number): void => {
  const minute = usdPerHour / MINUTES_PER_HOUR;
  if (minute <= maxCostUsd) return;
  throw new PxError(
    'bad_request',
    `Expected cluster.max_cost to be at least what the first minute costs, $${minute.toFixed(4)}, got $${maxCostUsd}.`,
    { hint: 'Raise cluster.max_cost, or ask for fewer or smaller nodes.' },
  );
};

/**
 * Throws `needs_agreement` where a cluster costs much and nobody has said yet that this is meant,
 * `bad_request` where its max_cost would end it in its first minute.
 */
export const checkAgreed = (
  { name, spec, access }: Pick<ClusterUp, 'name' | 'spec' | 'access'>,
  plans: readonly NodePlan[],
): void => {
  const usdPerHour = plans.reduce((sum, plan) => sum + hourly(plan), 0);
  if (spec.maxCostUsd !== undefined) {
    checkAffordable(spec.maxCostUsd, usdPerHour);
    return;
  }
  const agreed = access?.agreedUsdPerHour ?? ASKS_ABOVE_USD;
  if (usdPerHour <= agreed) return;
  throw new PxError(
    'needs_agreement',
    `Cluster ${name} costs $${usdPerHour.toFixed(2)} an hour, which is above $${agreed.toFixed(2)}.`,
    {
      hint: 'If that is meant, the same again with --yes, or cluster.max_cost in px.yaml.',
      details: { usdPerHour },
    },
  );
};
