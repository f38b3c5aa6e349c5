import { PROTOCOL, VERSION } from '../../protocol/version.ts';
import { takeDownHere } from '../clusters/down.ts';
import type { Deps } from '../deps.ts';
import type { Handlers } from '../handler.ts';
import { findProblem } from '../health.ts';
import { identityOf } from '../identity.ts';
import { countOpenJobs } from '../store/cluster-jobs.ts';
import { listLiveClusters } from '../store/clusters.ts';
import { sumDataBytes } from '../store/totals.ts';

/** The control plane itself. */
export const serverHandlers = (deps: Deps): Pick<Handlers, 'health' | 'status' | 'stop'> => ({
  health: async () => {
    const problem = await findProblem(deps);
    const status = problem === null ? 'ok' : 'red';
    return { status, version: VERSION, protocol: PROTOCOL, problem };
  },
  status: async () => ({
    id: identityOf(deps.db, deps.random),
    pid: deps.server.pid,
    version: VERSION,
    protocol: PROTOCOL,
    startedAt: deps.server.startedAt,
    clusters: listLiveClusters(deps.db).length,
    runningJobs: countOpenJobs(deps.db),
    dataBytes: sumDataBytes(deps.db),
  }),
  stop: async ({ query }) => {
    if (query.down === true) await takeDownHere(deps, query.force ?? false);
    deps.server.stop();
    return { ok: true };
  },
});
