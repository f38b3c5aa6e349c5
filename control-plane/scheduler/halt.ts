import type { HaltRule } from '../../protocol/messages/jobs.ts';

/**
 * Whether enough partitions failed to call off the rest. A percentage counts of all partitions, so
 * that it waits until their number is known.
 */
export const isHaltDue = (rule: HaltRule, failed: number, partitions: number | null): boolean => {
  if (rule.when === 'never' || failed === 0) return false;
  if ('count' in rule.fail) return failed >= rule.fail.count;
  return partitions !== null && failed * 100 >= rule.fail.percent * partitions;
};
