import { PxError } from '../../protocol/errors.ts';
import { LOCAL_CLUSTER } from '../../protocol/ids.ts';
import type { JobView } from '../../protocol/messages/jobs.ts';
import { isFinal } from '../../protocol/states.ts';
import type { Deps } from '../deps.ts';
import { cancelJob } from '../execution/cancel.ts';
import { retryJob } from '../execution/retry.ts';
import type { Handlers } from '../handler.ts';
import { checkEnv } from '../jobs/check-spec.ts';
import { requireJob } from '../jobs/find.ts';
import { removeJob } from '../jobs/remove.ts';
import { submitJob } from '../jobs/submit.ts';
import { viewJob } from '../jobs/view.ts';
import { jobTopic, workTopic } from '../notices.ts';
import { findLatestCluster } from '../store/clusters.ts';
import { pageJobs, setAttached } from '../store/jobs.ts';
import { PAGE_ITEMS, pageOfRows, readCursor } from './pages.ts';

type JobRoutes =
  | 'jobSubmit'
  | 'jobs'
  | 'job'
  | 'jobCancel'
  | 'jobRetry'
  | 'jobRemove'
  | 'jobDetach';

const viewOf = ({ db, clock }: Deps, id: string | undefined): JobView =>
  viewJob(db, requireJob(db, id), clock.now());

const attach = (deps: Deps, id: string, attached: boolean): void => {
  setAttached(deps.db, id, attached);
  deps.notices.notify(jobTopic(id));
  deps.notices.notify(workTopic(requireJob(deps.db, id).clusterId));
};

const remove = async (deps: Deps, id: string | undefined): Promise<void> => {
  const job = requireJob(deps.db, id);
  if (!isFinal(job.state)) {
    throw new PxError('job_running', `Job ${job.id} has not ended: it is ${job.state}.`, {
      hint: `px job cancel ${job.id}`,
    });
  }
  await removeJob(deps, job.id);
};

/** Throws `cluster_not_found` where no cluster of this name ever was: it is more likely misspelt. */
const requireKnown = ({ db }: Deps, cluster: string): void => {
  if (cluster === LOCAL_CLUSTER || findLatestCluster(db, cluster) !== undefined) return;
  throw new PxError('cluster_not_found', `There is no cluster ${cluster}, and never was.`, {
    hint: 'See those that are there: px cluster ls --all',
  });
};

/** Jobs from submit to removal. */
export const jobHandlers = (deps: Deps): Pick<Handlers, JobRoutes> => ({
  jobSubmit: async ({ json, headers }) =>
    viewJob(deps.db, await submitJob(deps, json, headers.get('idempotency-key')), deps.clock.now()),
  jobs: async ({ query }) => {
    const limit = query.limit ?? PAGE_ITEMS;
    const before = readCursor(query.cursor, null);
    const rows = pageJobs(deps.db, { cluster: query.cluster, before, limit: limit + 1 });
    if (rows.length === 0 && query.cluster !== undefined) requireKnown(deps, query.cluster);
    return pageOfRows(
      rows,
      limit,
      (row) => viewJob(deps.db, row, deps.clock.now()),
      (row) => row.seq,
    );
  },
  job: async ({ params }) => viewOf(deps, params.id),
  jobCancel: async ({ params }) => {
    const { id } = requireJob(deps.db, params.id);
    cancelJob(deps, id, 'Canceled by its user.');
    return viewOf(deps, id);
  },
  jobRetry: async ({ params, json }) => {
    const { id } = requireJob(deps.db, params.id);
    checkEnv(json.env);
    retryJob(deps, id, json.env);
    attach(deps, id, json.attached);
    return viewOf(deps, id);
  },
  jobRemove: async ({ params }) => {
    await remove(deps, params.id);
    return { ok: true };
  },
  jobDetach: async ({ params }) => {
    attach(deps, requireJob(deps.db, params.id).id, false);
    return { ok: true };
  },
});
