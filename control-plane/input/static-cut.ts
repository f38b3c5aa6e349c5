import type { Db } from '../db/open.ts';
import { countSlots, findPartitionCount, setCut } from '../store/inputs.ts';
import { ARGS_MAX_BYTES, argsCost, argsTooLong, takesArgs } from './arg-limits.ts';
import { deal, linesOf, type Plan, sizesOf, tableOf } from './deal.ts';
import type { JobRow } from './inputs.ts';
import { planOf } from './plan.ts';
import type { InputState } from './state.ts';

const refuseLongArgs = (plan: Plan, sizes: Float64Array): void => {
  for (const [partition, size] of sizes.entries()) {
    const cost = argsCost(size, linesOf(plan, partition));
    if (cost > ARGS_MAX_BYTES) throw argsTooLong(partition, cost);
  }
};

/**
 * Cuts an input that has ended into P = min(parallel, lines) partitions and commits their number.
 * Throws `args_too_long` where a partition would pass ARG_MAX, `disk_full`.
 */
export const makeStaticCut = async (db: Db, job: JobRow, state: InputState): Promise<void> => {
  const lines = state.index.end.line;
  const { parallel, resume } = job.spec;
  // The cut of a run that is resumed is kept: its sums are those of the same shares.
  const earlier =
    resume === null || resume.job === null ? null : findPartitionCount(db, resume.job);
  const slots = Math.max(1, countSlots(db, job.clusterId));
  const wanted = Math.max(1, earlier ?? parallel ?? slots);
  const partitions = Math.min(wanted, lines);
  const plan = planOf({ ...job, partitions, lines });
  if (plan === null || lines === 0) return;
  const sizes = await sizesOf(state.paths.input, plan);
  if (takesArgs(job.spec)) refuseLongArgs(plan, sizes);
  const table = tableOf(sizes);
  await deal(state.paths, plan, table);
  state.table = table;
  setCut(db, job.id, { partitions, lines, cutDone: false });
};
