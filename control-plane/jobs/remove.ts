import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { transact } from '../db/open.ts';
import type { Deps } from '../deps.ts';
import { deleteJob, deleteJobRows } from '../store/jobs.ts';

/** 2,000 rows: some milliseconds, between which others run. */
const ROWS_AT_ONCE = 2000;

/**
 * Deletes everything of a finished job. Its own row goes last: what a crash leaves behind is found
 * and deleted again.
 */
export const removeJob = async (deps: Deps, id: string): Promise<void> => {
  for (const table of ['log', 'partitions', 'collected'] as const) {
    while (transact(deps.db, () => deleteJobRows(deps.db, table, id, ROWS_AT_ONCE)))
      await nextTurn();
  }
  await deps.segments.remove(id);
  await deps.inputs.remove(id);
  await rm(join(deps.dataDir, 'jobs', id), { recursive: true, force: true });
  transact(deps.db, () => deleteJob(deps.db, id));
};
