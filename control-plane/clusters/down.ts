import { PxError } from '../../protocol/errors.ts';
import type { Deps } from '../deps.ts';
import { cancelJob } from '../execution/cancel.ts';
import { CANCELED } from '../scheduler/end.ts';
import { countUncollectedJobs, listOpenJobs } from '../store/cluster-jobs.ts';
import { type ClusterRow, listLiveClusters } from '../store/clusters.ts';
import { checkOwnHome } from './own-home.ts';
import { takeDown } from './take-down.ts';

const checkNoJobs = (deps: Deps, { id, name }: ClusterRow, hint: string): void => {
  const jobs = listOpenJobs(deps.db, id);
  if (jobs.length === 0) return;
  const words = jobs.length === 1 ? `Job ${jobs[0]} has` : `${jobs.length} jobs have`;
  throw new PxError('cluster_busy', `${words} not ended on cluster ${name}.`, {
    hint,
    details: { jobs },
  });
};

/** Throws `cluster_busy` where taking the cluster down would cancel a job or leave files behind. */
export const checkNothingIsLost = (deps: Deps, cluster: ClusterRow): void => {
  if (cluster.state !== 'up') return;
  const { id, name } = cluster;
  const force = `px cluster down ${name} --force`;
  checkNoJobs(deps, cluster, force);
  const jobs = countUncollectedJobs(deps.db, id);
  if (jobs === 0) return;
  const words = `Nobody has fetched the collected files of ${jobs} ${jobs === 1 ? 'job' : 'jobs'} of cluster ${name}.`;
  throw new PxError('cluster_busy', words, { hint: `px job pull ID, or: ${force}` });
};

/** Cancels what has not ended, then takes the cluster down. */
export const cancelAndTakeDown = async (
  deps: Deps,
  cluster: ClusterRow,
  isForced: boolean,
  words = `Cluster ${cluster.name} was taken down.`,
  code = CANCELED,
): Promise<void> => {
  checkOwnHome(deps);
  for (const job of listOpenJobs(deps.db, cluster.id)) {
    cancelJob(deps, job, words, code);
  }
  await takeDown(deps, cluster.id, isForced);
};

/** Clusters elsewhere go on, and on: only the control plane ends them when they are idle or cost too much. */
const checkNoneElsewhere = (elsewhere: readonly ClusterRow[]): void => {
  const names = elsewhere.map(({ name }) => name);
  if (names.length === 0) return;
  const words =
    names.length === 1 ? `Cluster ${names[0]} goes on` : `Clusters ${names.join(', ')} go on`;
  throw new PxError(
    'cluster_busy',
    `${words} without a control plane: nothing ends idle machines then, nor those that reach max_cost.`,
    {
      hint: `${names.map((name) => `px cluster down ${name}`).join('; ')}. To leave them: px server stop --keep-clusters`,
      details: { clusters: names },
    },
  );
};

/**
 * Takes down the clusters whose machines are on this one. What they collected stays with the control
 * plane. Throws `cluster_busy` where a job has not ended or a cluster is elsewhere, unless forced.
 */
export const takeDownHere = async (deps: Deps, isForced: boolean): Promise<void> => {
  // The processes of a copy are those of the one that it was copied from.
  const live = deps.isCopy ? [] : listLiveClusters(deps.db);
  const isHere = ({ spec }: ClusterRow): boolean =>
    deps.providers.get(spec.provider).promises.onThisMachine;
  const here = live.filter(isHere);
  if (!isForced) checkNoneElsewhere(live.filter((cluster) => !isHere(cluster)));
  for (const cluster of here) {
    if (!isForced) checkNoJobs(deps, cluster, 'px server stop --force');
  }
  await Promise.all(here.map((cluster) => cancelAndTakeDown(deps, cluster, isForced)));
};
