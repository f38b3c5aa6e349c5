/** How far behind the readers of jobs are, so that claims can slow down. In memory: readers reconnect. */
export interface Pace {
  /** A reader that paces the job came; it says how many recorded bytes it has not written yet. */
  attach(jobId: string): PacingReader;
  /** Bytes that the slowest pacing reader of the job is behind; 0 without one. */
  lagOf(jobId: string): number;
}

interface PacingReader {
  lag(bytes: number): void;
  end(): void;
}

/** 64 MiB: claims of a job stop while a reader is further behind, so that what nobody reads stays small. */
export const LAG_MAX_BYTES = 64 << 20;

export const createPace = (): Pace => {
  const readers = new Map<string, Map<object, number>>();
  return {
    attach: (jobId) => {
      const key = {};
      const ofJob = readers.get(jobId) ?? new Map<object, number>();
      readers.set(jobId, ofJob.set(key, 0));
      return {
        lag: (bytes) => {
          if (ofJob.has(key)) ofJob.set(key, bytes);
        },
        end: () => {
          ofJob.delete(key);
          if (ofJob.size === 0 && readers.get(jobId) === ofJob) readers.delete(jobId);
        },
      };
    },
    lagOf: (jobId) => Math.max(0, ...(readers.get(jobId)?.values() ?? [])),
  };
};
