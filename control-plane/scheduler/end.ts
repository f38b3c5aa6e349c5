/** The columns that tell whether a job is over. */
interface JobProgress {
  closing: boolean;
  cutDone: boolean;
  pending: number;
  leased: number;
  failed: number;
  problemCode: string | null;
  globEpoch: string | null;
}

type EndState = 'succeeded' | 'failed' | 'canceled';

/** The problem of a job that its user called off. */
export const CANCELED = 'canceled';
/** The problem of a job that px called off, because its cluster has cost what it may. */
export const MAX_COST = 'max_cost';

/** The final state that the job has reached, or null while something of it can still happen. */
export const endOf = (job: JobProgress): EndState | null => {
  if (job.leased > 0 || job.globEpoch !== null) return null;
  if (!job.closing && !(job.cutDone && job.pending === 0)) return null;
  if (job.problemCode === CANCELED || job.problemCode === MAX_COST) return 'canceled';
  return job.problemCode !== null || job.failed > 0 ? 'failed' : 'succeeded';
};
