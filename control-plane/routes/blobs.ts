import { PxError } from '../../protocol/errors.ts';
import { FRAMES_TYPE } from '../../protocol/frames.ts';
import { Sha256 } from '../../protocol/ids.ts';
import { manifestFiles } from '../blobs/manifests.ts';
import { receiveBlobs } from '../blobs/receive.ts';
import { sendBlobs } from '../blobs/send.ts';
import type { Deps } from '../deps.ts';
import type { Handlers, Principal } from '../handler.ts';
import { listBundles, missingBlobs } from '../store/blobs.ts';

type BlobRoutes =
  | 'blobsMissing'
  | 'blobsPut'
  | 'blob'
  | 'workerBlobsFetch'
  | 'workerBlobsMissing'
  | 'workerBlobsPut';

const refused = (sha256: string): PxError =>
  new PxError('forbidden', `The blob ${sha256} belongs to no job of this node's cluster.`);

/** Throws `forbidden` unless each blob belongs to a bundle of a live job of the node's cluster. */
const refuseForeign = async (
  deps: Deps,
  principal: Principal,
  hashes: readonly string[],
): Promise<void> => {
  if (principal.role !== 'node') throw new PxError('forbidden', 'This route is for nodes.');
  const left = new Set(hashes);
  for (const bundle of new Set(listBundles(deps.db, principal.clusterId, ['running', 'queued']))) {
    left.delete(bundle);
    if (left.size === 0) return;
    const files = await manifestFiles(deps, bundle);
    for (const sha256 of left) if (files.has(sha256)) left.delete(sha256);
    if (left.size === 0) return;
  }
  for (const sha256 of left) throw refused(sha256);
};

const answer = (body: ReadableStream<Uint8Array>, type: string): Response =>
  new Response(body, { headers: { 'content-type': type } });

/** Content-addressed files, of clients and of nodes. */
export const blobHandlers = (deps: Deps): Pick<Handlers, BlobRoutes> => ({
  blobsMissing: async ({ json }) => ({
    missing: missingBlobs(deps.db, json.hashes, deps.clock.now()),
  }),
  blobsPut: async ({ body }) => {
    await receiveBlobs(deps, body());
    return { ok: true };
  },
  blob: async ({ params }) => {
    const sha256 = Sha256.safeParse(params.sha256);
    if (!sha256.success || !(await deps.blobs.has(sha256.data))) {
      throw new PxError('not_found', `There is no blob ${params.sha256}.`);
    }
    return answer(deps.blobs.stream(sha256.data), 'application/octet-stream');
  },
  workerBlobsFetch: async ({ json, principal }) => {
    await refuseForeign(deps, principal, json.hashes);
    return answer(sendBlobs(deps.blobs, json.hashes), FRAMES_TYPE);
  },
  workerBlobsMissing: async ({ json }) => ({
    missing: missingBlobs(deps.db, json.hashes, deps.clock.now()),
  }),
  workerBlobsPut: async ({ body }) => {
    await receiveBlobs(deps, body());
    return { ok: true };
  },
});
