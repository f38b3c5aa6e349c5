import { deleteStray, findStrays } from '../clusters/strays.ts';
import type { Deps } from '../deps.ts';
import type { Handlers } from '../handler.ts';

/** Machines with px's labels that no cluster knows. */
export const strayHandlers = (deps: Deps): Pick<Handlers, 'strays' | 'strayDelete'> => ({
  strays: ({ json }) => findStrays(deps, json),
  strayDelete: ({ json }) => deleteStray(deps, json),
});
