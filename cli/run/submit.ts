import type { Client } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';
import type { JobSubmit, JobView } from '../../protocol/messages/jobs.ts';
import type { Bundle } from '../bundle/bundle.ts';
import type { RawPath } from '../bundle/raw-path.ts';
import { FileChanged, uploadBundle } from '../bundle/upload.ts';
import { type Patience, untilItWorks } from './retry.ts';

/**
 * Uploads a bundle; a file that changed meanwhile gets the bundle made once more.
 *
 * @param remake makes the bundle again, reading that file anew
 * @throws FileChanged where it changes all the time
 */
export const shipBundle = async (
  connect: () => Promise<Client>,
  bundle: Bundle,
  remake: (changed: ReadonlySet<RawPath>) => Promise<Bundle>,
  patience: Patience,
): Promise<Bundle> => {
  const upload = (which: Bundle) =>
    untilItWorks(async () => uploadBundle(await connect(), which), patience);
  try {
    await upload(bundle);
    return bundle;
  } catch (error) {
    if (!(error instanceof FileChanged)) throw error;
    const again = await remake(new Set([error.path]));
    await upload(again);
    return again;
  }
};

/**
 * Submits a job, once however often the request has to be sent.
 *
 * @param key the same for every try of this job
 */
export const submitJob = async (
  connect: () => Promise<Client>,
  job: JobSubmit,
  key: string,
  bundle: Bundle,
  patience: Patience,
): Promise<JobView> => {
  const headers = { 'idempotency-key': key };
  const submit = () =>
    untilItWorks(async () => (await connect()).call('jobSubmit', { json: job, headers }), patience);
  try {
    return await submit();
  } catch (error) {
    if (!(error instanceof PxError) || error.code !== 'blob_missing') throw error;
    // Its manifest was known, and one of its files has been cleared away since.
    await untilItWorks(async () => uploadBundle(await connect(), bundle, true), patience);
    return submit();
  }
};
