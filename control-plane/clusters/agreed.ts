import { AGREE_HINT, ASKS_ABOVE_USD, offerUsdPerHour } from '../../protocol/cluster-price.ts';
import { PxError } from '../../protocol/errors.ts';
import type { ClusterUp } from '../../protocol/messages/clusters.ts';
import { NodeOffer } from '../../protocol/messages/clusters.ts';
import type { Db } from '../db/open.ts';
import type { Agreed, NodePlan } from '../providers/provider.ts';
import type { ClusterRow } from '../store/clusters.ts';
import { listNodes } from '../store/nodes.ts';

const offerIn = (value: unknown): NodeOffer | undefined =>
  NodeOffer.safeParse(Object(value).offer).data;

/** Of what is written down of a node's machine, else of its plan. */
const hourly = (plan: unknown, ref: unknown = null): number => {
  const offer = offerIn(ref) ?? offerIn(plan);
  return offer === undefined ? 0 : offerUsdPerHour(offer);
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

type Asked = Pick<ClusterUp, 'spec' | 'access'>;

/** USD an hour that all nodes of a cluster may cost together; with a max_cost that is the limit instead. */
const ceilingOf = ({ spec, access }: Asked): number => {
  if (spec.maxCostUsd !== undefined || access?.agreesToAny === true)
    return Number.POSITIVE_INFINITY;
  return Math.max(access?.agreedUsdPerHour ?? 0, ASKS_ABOVE_USD);
};

/** What somebody agreed to, for the offers that take the place of the chosen one. */
export const agreedOf = (
  db: Db,
  { id, spec, access }: Pick<ClusterRow, 'id' | 'spec' | 'access'>,
): Agreed => ({
  usdPerHour: ceilingOf({ spec, access: access ?? undefined }),
  others: (nodeIds) =>
    listNodes(db, id)
      .filter((node) => node.state !== 'terminated' && !nodeIds.includes(node.id))
      .reduce((sum, { providerRef, plan }) => sum + hourly(plan, providerRef), 0),
});

/**
 * Throws `needs_agreement` where a cluster costs much and nobody has said yet that this is meant,
 * `bad_request` where its max_cost would end it in its first minute.
 */
export const checkAgreed = (
  { name, spec, access }: Pick<ClusterUp, 'name' | 'spec' | 'access'>,
  plans: readonly NodePlan[],
): void => {
  const usdPerHour = plans.reduce((sum, plan) => sum + hourly(plan.plan), 0);
  if (spec.maxCostUsd !== undefined) {
    checkAffordable(spec.maxCostUsd, usdPerHour);
    return;
  }
  const agreed = ceilingOf({ spec, access });
  if (usdPerHour <= agreed) return;
  throw new PxError(
    'needs_agreement',
    `Cluster ${name} costs $${usdPerHour.toFixed(2)} an hour, which is above $${agreed.toFixed(2)}.`,
    {
      hint: AGREE_HINT,
      details: { usdPerHour },
    },
  );
};
