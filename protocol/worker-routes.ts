import * as z from 'zod';
import {
  BLOBS_MAX_BYTES,
  BlobsFetch,
  BlobsMissing,
  BlobsMissingReply,
} from './messages/bundles.ts';
import { Done, queryInt } from './messages/common.ts';
import { INPUT_APPEND_MAX_BYTES, InputPlace, InputSeal, InputStatus } from './messages/jobs.ts';
import {
  Claim,
  Control,
  ControlReply,
  Join,
  JoinReply,
  REPORT_MAX_BYTES,
  Renew,
  RenewReply,
  ReportReply,
  WorkerJob,
} from './messages/worker.ts';
import { bytes, frames, json, type Route } from './route.ts';

const lease = z.object({ epoch: z.string() });

/** What nodes call, with a token of their own. */
export const workerRoutes = {
  workerJoin: {
    method: 'post',
    path: '/v1/worker/join',
    role: 'join',
    summary: 'Trade a join token for a node token',
    body: json(Join),
    reply: json(JoinReply),
  },
  workerClaim: {
    method: 'post',
    path: '/v1/worker/claim',
    role: 'node',
    summary: 'Long poll for leases',
    body: json(Claim),
    reply: frames,
  },
  workerReport: {
    method: 'post',
    path: '/v1/worker/report',
    role: 'node',
    summary: 'Output and completions',
    query: z.object({ file: queryInt.optional() }),
    body: frames,
    bodyMax: REPORT_MAX_BYTES + (4 << 20),
    reply: json(ReportReply),
  },
  workerRenew: {
    method: 'post',
    path: '/v1/worker/renew',
    role: 'node',
    summary: 'Keep leases alive',
    body: json(Renew),
    reply: json(RenewReply),
  },
  workerControl: {
    method: 'post',
    path: '/v1/worker/control',
    role: 'node',
    summary: 'Long poll for cancel, revoke, drain',
    query: z.object({ load: z.coerce.number().min(0).optional() }),
    body: json(Control),
    reply: json(ControlReply),
  },
  workerGoing: {
    method: 'post',
    path: '/v1/worker/going',
    role: 'node',
    summary:
      "The machine's owner takes it back: nothing new for it, and what is left counts as nothing",
    reply: json(Done),
  },
  workerLeave: {
    method: 'post',
    path: '/v1/worker/leave',
    role: 'node',
    summary: 'The worker exits and holds nothing',
    reply: json(Done),
  },
  workerJob: {
    method: 'get',
    path: '/v1/worker/jobs/{id}',
    role: 'node',
    summary: 'What to run',
    reply: json(WorkerJob),
  },
  workerInput: {
    method: 'get',
    path: '/v1/worker/jobs/{id}/partitions/{partition}/input',
    role: 'node',
    summary: 'Input of a leased partition',
    query: lease,
    reply: bytes,
  },
  workerFilesAppend: {
    method: 'post',
    path: '/v1/worker/jobs/{id}/input',
    role: 'node',
    summary: 'Append the names that the glob found',
    query: InputPlace.extend(lease.shape),
    body: bytes,
    bodyMax: INPUT_APPEND_MAX_BYTES,
    reply: json(InputStatus),
  },
  workerFilesSeal: {
    method: 'post',
    path: '/v1/worker/jobs/{id}/input/seal',
    role: 'node',
    summary: 'End the names that the glob found',
    query: lease,
    body: json(InputSeal),
    reply: json(InputStatus),
  },
  workerBlobsFetch: {
    method: 'post',
    path: '/v1/worker/blobs/fetch',
    role: 'node',
    summary: 'Blobs of a job that this node works on',
    body: json(BlobsFetch),
    reply: frames,
  },
  workerBlobsMissing: {
    method: 'post',
    path: '/v1/worker/blobs/missing',
    role: 'node',
    summary: 'Which blobs are not stored yet',
    body: json(BlobsMissing),
    reply: json(BlobsMissingReply),
  },
  workerBlobsPut: {
    method: 'post',
    path: '/v1/worker/blobs',
    role: 'node',
    summary: 'Store collected files',
    body: frames,
    bodyMax: BLOBS_MAX_BYTES,
    reply: json(Done),
  },
} as const satisfies Record<string, Route>;
