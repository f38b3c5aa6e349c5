import { PxError } from '../../protocol/errors.ts';
import type { Deps } from '../deps.ts';
import type { Handlers, Principal } from '../handler.ts';
import { requireJob } from '../jobs/find.ts';

type InputRoutes =
  | 'inputStatus'
  | 'inputAppend'
  | 'inputSeal'
  | 'inputHeartbeat'
  | 'workerFilesAppend'
  | 'workerFilesSeal';

/** A node sends the names that a glob finds; nobody else may. */
const refuseFiles = (deps: Deps, id: string | undefined): string => {
  const job = requireJob(deps.db, id);
  if (job.spec.input.kind !== 'files') return job.id;
  throw new PxError('bad_request', `The input of ${job.id} are the files that its glob finds.`);
};

/** The job whose glob this node evaluates under this epoch. Throws `stale_lease`. */
const requireGlob = (deps: Deps, id: string | undefined, who: Principal, epoch: string): string => {
  const job = requireJob(deps.db, id);
  const isHolder = who.role === 'node' && who.nodeId === job.globNode;
  if (isHolder && job.globEpoch === epoch) return job.id;
  throw new PxError('stale_lease', `The glob of ${job.id} is not this node's to evaluate.`);
};

/** The input of a job, from its sender: a client, or the node that evaluates its glob. */
export const inputHandlers = (deps: Deps): Pick<Handlers, InputRoutes> => ({
  inputStatus: async ({ params }) => {
    const { inputLength, sealedLength } = requireJob(deps.db, params.id);
    return { length: inputLength, sealed: sealedLength !== null };
  },
  inputAppend: async ({ params, query: { length, ...place }, bytes }) => {
    const id = refuseFiles(deps, params.id);
    const status =
      length === undefined
        ? await deps.inputs.append(id, { ...place, bytes: await bytes() })
        : await deps.inputs.appendWritten(id, { ...place, length });
    return { ...status, file: deps.inputs.fileOf(id, 'input') };
  },
  inputSeal: async ({ params, json }) => await deps.inputs.seal(refuseFiles(deps, params.id), json),
  workerFilesAppend: async ({ params, query: { epoch, ...place }, bytes, principal }) => {
    const id = requireGlob(deps, params.id, principal, epoch);
    return await deps.inputs.append(id, { ...place, bytes: await bytes() });
  },
  workerFilesSeal: async ({ params, query, json, principal }) =>
    await deps.inputs.seal(requireGlob(deps, params.id, principal, query.epoch), json),
  inputHeartbeat: async ({ params }) => deps.inputs.heartbeat(requireJob(deps.db, params.id).id),
});
