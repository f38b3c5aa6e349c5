import { askEc2 } from './aws-ec2.ts';
import type { SourceContext } from './source.ts';

/** The most that it gives at a time. */
const PRICES_A_PAGE = '1000';

/**
 * What spot machines cost now in a region, USD an hour by type, as the account sees it
 * (DescribeSpotPriceHistory): of the zones the cheapest. There is an account: callers look first.
 */
export const readSpotHistory = async (
  context: SourceContext,
  region: string,
): Promise<ReadonlyMap<string, number>> => {
  const prices = new Map<string, number>();
  // A history that starts now has the price that holds, of each type and zone.
  const startTime = new Date(context.now()).toISOString();
  let token = '';
  do {
    const answer = await askEc2(context, region, {
      Action: 'DescribeSpotPriceHistory',
      'ProductDescription.1': 'Linux/UNIX',
      StartTime: startTime,
      MaxResults: PRICES_A_PAGE,
      ...(token === '' ? {} : { NextToken: token }),
    });
    for (const item of answer.items('spotPriceHistorySet')) {
      const type = item.text('instanceType');
      const usd = Number(item.text('spotPrice'));
      if (usd > 0) prices.set(type, Math.min(usd, prices.get(type) ?? usd));
    }
    token = answer.text('nextToken');
  } while (token !== '');
  return prices;
};
