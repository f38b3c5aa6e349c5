import type { Market } from './market.ts';
import type { ClusterRanking } from './pricing.ts';
import { nothingFits } from './queries.ts';
import type { Requirements } from './requirements.ts';
import { passedOver, rank } from './select.ts';
import { viewPassed, viewRanked } from './views.ts';

const PASSED_SHOWN = 10;
const PASSED_LOOKED_AT = 100;

/** What a cluster can be made of, and what was cheaper and is not in it. Throws `no_offer`. */
export const rankCluster = (
  market: Market,
  wanted: Requirements,
  limit: number,
): Omit<ClusterRanking, 'notices'> => {
  const entries = rank(market, wanted, { limit });
  if (entries.length === 0) throw nothingFits(market, wanted);
  const best = entries[0]?.total ?? Number.POSITIVE_INFINITY;
  const { offers } = passedOver(market, wanted, best, PASSED_LOOKED_AT);
  // Who named a provider knows that the others are out.
  const passed = offers
    .map((each) => viewPassed(market, wanted, each))
    .filter(({ cloud }) => wanted.providers?.includes(cloud) ?? true);
  return {
    offers: entries.map((entry) => viewRanked(market, wanted, entry)),
    passed: passed.slice(0, PASSED_SHOWN),
  };
};
