import type { NodeOffer } from './messages/clusters.ts';

/** USD an hour of a cluster above which somebody has to agree (docs/gcp.md). */
export const ASKS_ABOVE_USD = 5;

export const AGREE_HINT =
  'If that is meant, the same again with --yes, or cluster.max_cost in px.yaml.';

/** USD an hour of a machine with its disk and address. */
export const offerUsdPerHour = ({ usdPerHour }: Pick<NodeOffer, 'usdPerHour'>): number =>
  usdPerHour.machine + usdPerHour.disk + usdPerHour.address;
