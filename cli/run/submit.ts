import type { Client } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';
import type { JobSubmit, JobView } from '../../protocol/messages/jobs.ts';
import type { Bundle } from '../bundle/bundle.ts';
import type { RawPath } from '../bundle/raw-path.ts';
import { FileChanged, uploadBundle } from '../bundle/upload.ts';
import { plural, size } from '../output/units.ts';
import { type Patience, untilItWorks } from './retry.ts';

/** 2 s: as long as a person waits before wondering. */
const SILENCE_MS = 2000;

interface ShipOptions extends Patience {
  /** Makes the bundle again, reading those files anew. */
  remake: (changed: ReadonlySet<RawPath>) => Promise<Bundle>;
  say: (text: string) => void;
}

/**
 * Uploads a bundle, with a word where that takes long; a file that changed meanwhile gets the bundle
 * made once more.
 *
 * @throws FileChanged where it changes all the time
 */
export const shipBundle = async (
  connect: () => Promise<Client>,
  bundle: Bundle,
  { remake, say, ...patience }: ShipOptions,
): Promise<Bundle> => {
  let told = false;
  const upload = async (which: Bundle) => {
    const over = new AbortController();
    const onSending = (files: number, bytes: number) => {
      if (files === 0) return;
      void patience.sleep(SILENCE_MS, over.signal).then(() => {
        if (told || over.signal.aborted) return;
        told = true;
        say(`Shipping ${plural(files, 'file')} [${size(bytes)}].`);
      });
    };
    try {
      await untilItWorks(async () => uploadBundle(await connect(), which, { onSending }), patience);
    } finally {
      over.abort();
    }
  };
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
    await untilItWorks(
      async () => uploadBundle(await connect(), bundle, { whole: true }),
      patience,
    );
    return submit();
  }
};
