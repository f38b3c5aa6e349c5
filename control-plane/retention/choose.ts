/** A finished job as retention sees it. */
interface Kept {
  id: string;
  endedAt: number | null;
  bytes: number;
  /** Its collected files have not been fetched. */
  isUncollected: boolean;
}

interface Limits {
  now: number;
  retainMs: number;
  quotaBytes: number;
  /** Bytes of everything that is stored. */
  storedBytes: number;
}

/**
 * Jobs to delete: those past their time, then, while more than the quota is stored, the oldest; what
 * somebody may still want to fetch goes last.
 *
 * @param jobs finished jobs, oldest end first
 */
export const chooseJobs = (jobs: readonly Kept[], limits: Limits): string[] => {
  const { now, retainMs, quotaBytes } = limits;
  let stored = limits.storedBytes;
  const isOld = ({ endedAt }: Kept): boolean => now - (endedAt ?? now) >= retainMs;
  const old = jobs.filter(isOld);
  for (const { bytes } of old) stored -= bytes;
  const chosen = old.map(({ id }) => id);
  const young = jobs.filter((job) => !isOld(job));
  const inOrder = [
    ...young.filter(({ isUncollected }) => !isUncollected),
    ...young.filter(({ isUncollected }) => isUncollected),
  ];
  for (const { id, bytes } of inOrder) {
    if (stored <= quotaBytes) break;
    chosen.push(id);
    stored -= bytes;
  }
  return chosen;
};
