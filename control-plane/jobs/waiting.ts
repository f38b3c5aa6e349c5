import { PxError } from '../../protocol/errors.ts';
import { isFinal } from '../../protocol/states.ts';
import type { Deps } from '../deps.ts';
import { checkFree } from '../disk.ts';
import { listOpenJobs } from '../store/cluster-jobs.ts';
import type { JobRow } from '../store/job-progress.ts';
import { listNodes } from '../store/nodes.ts';

/** `the disk of … is nearly full`, as it stands behind a colon. */
const inside = (sentence: string): string =>
  sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, '');

const fullDisk = async ({ dataDir, settings }: Deps): Promise<string | null> => {
  try {
    await checkFree(dataDir, settings.freeFloorBytes);
    return null;
  } catch (cause) {
    if (cause instanceof PxError) return inside(cause.message);
    throw cause;
  }
};

/** Why nothing of a job moves now, for people to read; null where it does, or where nothing hinders it. */
export const whyWaiting = async (deps: Deps, row: JobRow): Promise<string | null> => {
  if (isFinal(row.state)) return null;
  const full = await fullDisk(deps);
  if (full !== null) return full;
  if (row.leased > 0) return null;
  const nodes = listNodes(deps.db, row.clusterId);
  if (!nodes.some(({ state }) => state === 'ready')) {
    const problem = nodes.find((node) => node.problem !== null)?.problem;
    const why = problem === undefined || problem === null ? '' : `: ${inside(problem)}`;
    return `no node of ${row.clusterName} is ready${why}`;
  }
  const [first] = listOpenJobs(deps.db, row.clusterId);
  return first === undefined || first === row.id ? null : `job ${first} is before it`;
};
