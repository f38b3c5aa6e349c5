import { PxError } from '../../protocol/errors.ts';
import { wordsOf } from '../pricing/sources/failure.ts';
import type { AccountIo, Accounts } from './accounts.ts';
import { findGoogle } from './find-google.ts';
import { LOGIN } from './gcp-files.ts';

const noProject = (): PxError =>
  new PxError('bad_config', 'There are credentials of Google, and no project.', {
    hint: 'gcloud config set project NAME, or export GOOGLE_CLOUD_PROJECT=NAME',
  });

/**
 * Application default credentials: the file that is named, that of gcloud, or the machine's own. Null
 * where there are none. Throws `credentials_missing`, `bad_config` where nobody names a project, or
 * `provider_refused` in the words of Google.
 */
export const openGcp = async (io: AccountIo): Promise<NonNullable<Accounts['gcp']> | null> => {
  // A price list is no reason to start a program that takes a second.
  const found = await findGoogle({ ...io, tokenUrl: io.urls.googleToken, asksGcloud: false });
  if (found === null) return null;
  const { client, project } = found;
  if (project === null) throw noProject();
  const headers = async () => Object.fromEntries((await client.getRequestHeaders()).entries());
  await headers().catch((cause: unknown) => {
    throw new PxError('provider_refused', wordsOf(cause), { cause, hint: LOGIN });
  });
  return { headers, project };
};
