import { join } from 'node:path';

/** The directory of a node on the control plane's own machine; those of others are elsewhere. */
export const nodeFolder = (dataDir: string, nodeId: string): string =>
  join(dataDir, 'nodes', nodeId);
