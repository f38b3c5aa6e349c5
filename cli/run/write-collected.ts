import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Client } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';
import type { CollectedFile } from '../../protocol/messages/bundles.ts';
import { dirOf, onDisk, type RawPath, rawToText } from '../bundle/raw-path.ts';

/** Permission bits without set-user-id and its like. */
const PERMISSIONS = 0o777;

/**
 * Fetches a blob and puts it at `path`, whole or not at all.
 *
 * @throws PxError `unavailable` where it came incomplete; it may be fetched again
 */
export const writeCollected = async (
  client: Client,
  root: string,
  path: RawPath,
  file: Pick<CollectedFile, 'sha256' | 'mode'>,
): Promise<void> => {
  const folder = dirOf(path);
  const draftName = `.px-${randomBytes(6).toString('hex')}.tmp`;
  const draft = onDisk(root, folder === '' ? draftName : `${folder}/${draftName}`);
  const handle = await open(draft, 'wx', 0o600);
  try {
    const response = await client.call('blob', { params: { sha256: file.sha256 } });
    const hash = createHash('sha256');
    for await (const bytes of response.body ?? []) {
      hash.update(bytes);
      await handle.writeFile(bytes);
    }
    await handle.close();
    if (hash.digest('hex') !== file.sha256) {
      throw new PxError('unavailable', `${rawToText(path)} came incomplete.`);
    }
    chmodSync(draft, file.mode & PERMISSIONS);
    renameSync(draft, onDisk(root, path));
  } catch (error) {
    await handle.close().catch(() => {});
    rmSync(draft, { force: true });
    if (error instanceof PxError) throw error;
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
      throw new PxError('bad_input', `${rawToText(path)} cannot be written: ${error.message}`, {
        hint: 'Make room, or bring it elsewhere: px job pull ID --to DIR',
        cause: error,
      });
    }
    // The connection broke in the middle.
    throw new PxError('unavailable', `${rawToText(path)} came incomplete.`, { cause: error });
  }
};
