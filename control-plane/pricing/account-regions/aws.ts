import { askEc2 } from '../sources/aws-ec2.ts';
import type { AccountContext } from '../sources/source.ts';

/** Any region's endpoint lists all of them; this one is there for every account. */
const ASKED = 'us-east-1';

/** Regions that the account has: those that need no opting in, and those that it opted into. */
export const readAwsRegions = async (context: AccountContext): Promise<string[]> => {
  const answer = await askEc2(context, ASKED, { Action: 'DescribeRegions' });
  return answer.items('regionInfo').map((item) => item.text('regionName'));
};
