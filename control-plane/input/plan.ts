import { separatorOf } from './arg-limits.ts';
import type { Plan } from './deal.ts';
import type { JobRow } from './inputs.ts';

/**
 * The static cut of a job, as it is committed; null before that. Where every partition has one line,
 * or one has all, the input's own order is the dealt one.
 */
export const planOf = (
  job: Pick<JobRow, 'spec' | 'partitions' | 'lines' | 'sealedLength'>,
): Plan | null => {
  const { partitions, lines, sealedLength, spec } = job;
  if (partitions === null || sealedLength === null) return null;
  const consecutive = spec.order || partitions === lines || partitions <= 1;
  const separator = separatorOf(spec);
  return { partitions, lines, length: sealedLength, separator, consecutive };
};
