import { jobTopic, workTopic } from '../notices.ts';
import { sumBytesFrom, sumChunkBytes, sumCommittedBytes } from '../store/readers.ts';
import { LAG_MAX_BYTES } from './pace.ts';
import { shows } from './views.ts';
import type { Walk } from './walk.ts';

/** 100 ms between looks, and a second where nothing is noticed. */
const LOOK_MS = 100;
const IDLE_MS = 1000;

/** Bytes that the reader could have and has not taken. */
const lagOf = ({ deps: { db }, jobId, wanted, position }: Walk): number => {
  if (shows(wanted, 'live')) return sumChunkBytes(db, jobId, position.log);
  if (!shows(wanted, 'final')) return 0;
  return wanted.order
    ? sumBytesFrom(db, jobId, position.partition)
    : sumCommittedBytes(db, jobId, position.log);
};

/** Says how far the reader is behind, for as long as its stream lives: also while it takes nothing. */
export const reportLag = async (
  walk: Walk,
  clusterId: string,
  signal: AbortSignal,
): Promise<void> => {
  const { deps, jobId } = walk;
  const reader = deps.pace.attach(jobId);
  let told = 0;
  try {
    while (!signal.aborted) {
      const lag = lagOf(walk);
      reader.lag(lag);
      // Claims wait while a reader is too far behind.
      if (told > LAG_MAX_BYTES && lag <= LAG_MAX_BYTES) deps.notices.notify(workTopic(clusterId));
      told = lag;
      await deps.clock.sleep(LOOK_MS, signal);
      await deps.notices.wait([jobTopic(jobId)], IDLE_MS, signal);
    }
  } finally {
    reader.end();
  }
};
