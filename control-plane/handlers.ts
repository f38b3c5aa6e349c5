import type { Deps } from './deps.ts';
import type { Handlers } from './handler.ts';
import { blobHandlers } from './routes/blobs.ts';
import { clusterHandlers } from './routes/clusters.ts';
import { costHandlers } from './routes/costs.ts';
import { fileHandlers } from './routes/files.ts';
import { inputHandlers } from './routes/input.ts';
import { jobHandlers } from './routes/jobs.ts';
import { outputHandlers } from './routes/output.ts';
import { partitionHandlers } from './routes/partitions.ts';
import { pricingHandlers } from './routes/pricing.ts';
import { serverHandlers } from './routes/server.ts';
import { strayHandlers } from './routes/strays.ts';
import { workerHandlers } from './routes/workers.ts';

/** The handlers of all routes; the compiler names the one that is missing. */
export const allHandlers = (deps: Deps): Handlers => ({
  ...serverHandlers(deps),
  ...clusterHandlers(deps),
  ...costHandlers(deps),
  ...strayHandlers(deps),
  ...blobHandlers(deps),
  ...jobHandlers(deps),
  ...partitionHandlers(deps),
  ...outputHandlers(deps),
  ...fileHandlers(deps),
  ...inputHandlers(deps),
  ...pricingHandlers(deps),
  ...workerHandlers(deps),
});
