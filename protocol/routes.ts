import * as z from 'zod';
import { clusterRoutes } from './cluster-routes.ts';
import {
  BLOBS_MAX_BYTES,
  BlobsMissing,
  BlobsMissingReply,
  CollectedFile,
} from './messages/bundles.ts';
import { Done, PageQuery, pageOf, queryFlag, queryInt } from './messages/common.ts';
import { CostsQuery, CostsReply } from './messages/costs.ts';
import {
  EventView,
  INPUT_APPEND_MAX_BYTES,
  InputPlace,
  InputSeal,
  InputStatus,
  JobRetry,
  JobSubmit,
  JobView,
  PartitionView,
} from './messages/jobs.ts';
import { OutputQuery } from './messages/output.ts';
import { Health, ServerStatus } from './messages/server.ts';
import { pricingRoutes } from './pricing-routes.ts';
import { bytes, frames, json, type Route, stream } from './route.ts';
import { PartitionState } from './states.ts';
import { workerRoutes } from './worker-routes.ts';

/** Every route of the API: adding one is a row here, a handler and a test. */
export const routes = {
  health: {
    method: 'get',
    path: '/v1/health',
    role: 'public',
    summary: 'Whether it serves',
    reply: json(Health),
  },
  status: {
    method: 'get',
    path: '/v1/server',
    role: 'client',
    summary: 'The control plane itself',
    reply: json(ServerStatus),
  },
  costs: {
    method: 'get',
    path: '/v1/costs',
    role: 'client',
    summary: 'What was spent and what is being spent, by cluster, job or day',
    query: CostsQuery,
    reply: json(CostsReply),
  },
  stop: {
    method: 'post',
    path: '/v1/server/stop',
    role: 'client',
    summary:
      'Stop the control plane; with down, after the clusters whose nodes are on its own machine',
    query: z.object({ down: queryFlag.optional(), force: queryFlag.optional() }),
    reply: json(Done),
  },

  ...clusterRoutes,

  blobsMissing: {
    method: 'post',
    path: '/v1/blobs/missing',
    role: 'client',
    summary: 'Which blobs are not stored yet',
    body: json(BlobsMissing),
    bodyMax: 8 << 20,
    reply: json(BlobsMissingReply),
  },
  blobsPut: {
    method: 'post',
    path: '/v1/blobs',
    role: 'client',
    summary: 'Store blobs',
    body: frames,
    bodyMax: BLOBS_MAX_BYTES,
    reply: json(Done),
  },
  blob: {
    method: 'get',
    path: '/v1/blobs/{sha256}',
    role: 'client',
    summary: 'One blob',
    reply: bytes,
  },

  jobSubmit: {
    method: 'post',
    path: '/v1/jobs',
    role: 'client',
    summary: 'Submit a job',
    body: json(JobSubmit),
    bodyMax: 8 << 20,
    reply: json(JobView),
  },
  jobs: {
    method: 'get',
    path: '/v1/jobs',
    role: 'client',
    summary: 'List jobs, newest first',
    query: PageQuery.extend({ cluster: z.string().optional() }),
    reply: json(pageOf(JobView)),
  },
  job: {
    method: 'get',
    path: '/v1/jobs/{id}',
    role: 'client',
    summary: 'One job',
    reply: json(JobView),
  },
  jobCancel: {
    method: 'post',
    path: '/v1/jobs/{id}/cancel',
    role: 'client',
    summary: 'Cancel a job',
    reply: json(JobView),
  },
  jobRetry: {
    method: 'post',
    path: '/v1/jobs/{id}/retry',
    role: 'client',
    summary: 'Reopen failed and canceled partitions',
    body: json(JobRetry),
    bodyMax: 8 << 20,
    reply: json(JobView),
  },
  jobRemove: {
    method: 'delete',
    path: '/v1/jobs/{id}',
    role: 'client',
    summary: 'Forget a finished job and its output',
    reply: json(Done),
  },
  jobDetach: {
    method: 'post',
    path: '/v1/jobs/{id}/detach',
    role: 'client',
    summary: 'No reader will follow: do not pace the job',
    reply: json(Done),
  },
  partitions: {
    method: 'get',
    path: '/v1/jobs/{id}/partitions',
    role: 'client',
    summary: 'Partitions of a job',
    query: PageQuery.extend({ state: PartitionState.optional() }),
    reply: json(pageOf(PartitionView)),
  },
  events: {
    method: 'get',
    path: '/v1/jobs/{id}/events',
    role: 'client',
    summary: 'Recorded transitions',
    query: PageQuery,
    reply: json(pageOf(EventView)),
  },
  output: {
    method: 'get',
    path: '/v1/jobs/{id}/output',
    role: 'client',
    summary: 'Output as text, NDJSON, SSE or frames, by Accept',
    query: OutputQuery,
    reply: stream,
  },
  files: {
    method: 'get',
    path: '/v1/jobs/{id}/files',
    role: 'client',
    summary: 'Collected files',
    query: PageQuery,
    reply: json(pageOf(CollectedFile)),
  },
  filesFetched: {
    method: 'post',
    path: '/v1/jobs/{id}/files/fetched',
    role: 'client',
    summary: 'The collected files are home',
    reply: json(Done),
  },
  inputStatus: {
    method: 'get',
    path: '/v1/jobs/{id}/input',
    role: 'client',
    summary: 'How much of the input is durable',
    reply: json(InputStatus),
  },
  inputAppend: {
    method: 'post',
    path: '/v1/jobs/{id}/input',
    role: 'client',
    summary: 'Append to the input',
    query: InputPlace.extend({ length: queryInt.max(INPUT_APPEND_MAX_BYTES).optional() }),
    body: bytes,
    bodyMax: INPUT_APPEND_MAX_BYTES,
    reply: json(InputStatus),
  },
  inputSeal: {
    method: 'post',
    path: '/v1/jobs/{id}/input/seal',
    role: 'client',
    summary: 'End the input',
    body: json(InputSeal),
    reply: json(InputStatus),
  },
  inputHeartbeat: {
    method: 'post',
    path: '/v1/jobs/{id}/input/heartbeat',
    role: 'client',
    summary: 'The sender is alive, its producer is slow',
    reply: json(InputStatus),
  },

  ...pricingRoutes,

  ...workerRoutes,
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;
