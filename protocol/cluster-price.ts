import type { NodeOffer } from './messages/clusters.ts';

/** USD an hour of a cluster above which somebody has to agree (docs/gcp.md). */
export const ASKS_ABOVE_USD = 5;

/** USD an hour of a machine with its disk and address. */
export const offerUsdPerHour = ({ usdPerHour }: Pick<NodeOffer, 'usdPerHour'>): number =>
  usdPerHour.machine + usdPerHour.disk + usdPerHour.address;
