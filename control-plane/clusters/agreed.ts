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

/** Throws `needs_agreement` where a cluster costs much and nobody has said yet that this is meant. */
export const checkAgreed = (
  { name, spec, access }: ClusterUp,
  plans: readonly NodePlan[],
): void => {
  const usdPerHour = plans.reduce((sum, plan) => sum + hourly(plan), 0);
  const agreed = access?.agreedUsdPerHour ?? ASKS_ABOVE_USD;
  if (usdPerHour <= agreed || spec.maxCostUsd !== undefined) return;
  throw new PxError(
    'needs_agreement',
    `Cluster ${name} costs $${usdPerHour.toFixed(2)} an hour, which is above $${agreed.toFixed(2)}.`,
    {
      hint: 'If that is meant, the same again with --yes, or cluster.max_cost in px.yaml.',
      details: { usdPerHour },
    },
  );
};
