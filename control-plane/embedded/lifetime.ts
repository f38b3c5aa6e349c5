import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Deps } from '../deps.ts';
import { countOpenJobs } from '../store/cluster-jobs.ts';
import { listLiveClusters } from '../store/clusters.ts';

/** The name of the database in PX_HOME. */
export const DATABASE = 'px.db';

/**
 * Makes the look that stops the server after `settings.lifetimeMs` without jobs and clusters, and at
 * once where somebody deleted its database: what it would acknowledge then is nowhere.
 */
export const endWhenUnused = (deps: Deps): (() => void) => {
  let usedAt = deps.clock.monotonic();
  return () => {
    const { lifetimeMs } = deps.settings;
    if (!existsSync(join(deps.dataDir, DATABASE))) {
      deps.log.child('server').error('PX_HOME is gone: the server ends.', { home: deps.dataDir });
      deps.server.stop();
      return;
    }
    const now = deps.clock.monotonic();
    // What a copy knows of is used elsewhere.
    const isUsed = countOpenJobs(deps.db) > 0 || listLiveClusters(deps.db).length > 0;
    if (isUsed && !deps.isCopy) usedAt = now;
    if (lifetimeMs === null || now - usedAt < lifetimeMs) return;
    deps.log
      .child('server')
      .info('Nothing to do for long enough: the server ends.', { lifetimeMs });
    deps.server.stop();
  };
};
