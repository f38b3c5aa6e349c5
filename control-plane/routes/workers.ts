import { PxError } from '../../protocol/errors.ts';
import { goNode } from '../clusters/going.ts';
import type { Deps } from '../deps.ts';
import { claimLeases } from '../execution/claim.ts';
import { awaitControl } from '../execution/control.ts';
import { joinNode, leaveNode } from '../execution/join.ts';
import { leaseFrames } from '../execution/lease-frames.ts';
import { renewLeases } from '../execution/renew.ts';
import { applyReport } from '../execution/report.ts';
import { readReport } from '../execution/report-body.ts';
import { withReportFile } from '../execution/report-file.ts';
import { describeJob, streamInput } from '../execution/worker-job.ts';
import type { Handlers, Principal } from '../handler.ts';

type WorkerRoute =
  | 'workerJoin'
  | 'workerClaim'
  | 'workerReport'
  | 'workerRenew'
  | 'workerControl'
  | 'workerGoing'
  | 'workerLeave'
  | 'workerJob'
  | 'workerInput';

const asNode = (principal: Principal): Extract<Principal, { role: 'node' }> => {
  if (principal.role === 'node') return principal;
  throw new PxError('forbidden', 'This route takes the token of a node.');
};

const asJoin = (principal: Principal): Extract<Principal, { role: 'join' }> => {
  if (principal.role === 'join') return principal;
  throw new PxError('forbidden', 'This route takes a join token.');
};

/** What workers call. */
export const workerHandlers = (deps: Deps): Pick<Handlers, WorkerRoute> => ({
  workerJoin: async ({ principal, json }) => joinNode(deps, asJoin(principal).nodeId, json),
  workerClaim: async ({ principal, json, signal }) => {
    const who = asNode(principal);
    const leases = await claimLeases(deps, who, json, signal);
    return await leaseFrames(deps, leases);
  },
  workerReport: async ({ principal, query, bytes }) => {
    const { nodeId } = asNode(principal);
    const apply = (report: Uint8Array) => applyReport(deps, nodeId, readReport(report));
    if (query.file === undefined) return await apply(await bytes());
    return await withReportFile(deps, nodeId, query.file, apply);
  },
  workerRenew: async ({ principal, json }) =>
    renewLeases(deps, asNode(principal).nodeId, json.leases),
  workerControl: async ({ principal, query, json, signal }) => {
    const { nodeId } = asNode(principal);
    deps.execution.heard.set(nodeId, { at: deps.clock.now(), load: query.load ?? null });
    return await awaitControl(deps, nodeId, json, signal);
  },
  workerGoing: async ({ principal }) => {
    goNode(deps, asNode(principal).nodeId);
    return { ok: true };
  },
  workerLeave: async ({ principal }) => {
    leaveNode(deps, asNode(principal).nodeId);
    return { ok: true };
  },
  workerJob: async ({ principal, params }) =>
    describeJob(deps, asNode(principal).nodeId, params.id ?? ''),
  workerInput: async ({ principal, params, query }) => {
    const key = {
      job: params.id ?? '',
      partition: Number(params.partition),
      epoch: query.epoch,
    };
    const stream = await streamInput(deps, asNode(principal).nodeId, key);
    return new Response(stream, { headers: { 'content-type': 'application/octet-stream' } });
  },
});
