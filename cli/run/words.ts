import type { JobView } from '../../protocol/messages/jobs.ts';
import { duration, plural, usd } from '../output/units.ts';

/** What is counted of a job: lines where it has input, else its processes. */
export const inputsOf = (job: JobView): { done: number; total: number | null } => {
  const { counters, spec, inputSealed } = job;
  if (spec.input.kind === 'none') return { done: counters.succeeded, total: counters.partitions };
  return { done: counters.linesDone, total: inputSealed ? counters.lines : null };
};

/** `Processed 1000 inputs in 14.7s, $0.01`; of a job without input `Processed 4 partitions …`. */
export const processedLine = (job: JobView, elapsedMs: number): string => {
  const { done, total } = inputsOf(job);
  const word = job.spec.input.kind === 'none' ? 'partition' : 'input';
  const inputs =
    total === null || total === done ? plural(done, word) : `${done} of ${plural(total, word)}`;
  return `Processed ${inputs} in ${duration(elapsedMs)}, ${usd(job.costUsd)}`;
};
