import { createHash, randomBytes } from 'node:crypto';
import { renameSync, rmSync, symlinkSync } from 'node:fs';
import type { Client } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';
import type { CollectedFile } from '../../protocol/messages/bundles.ts';
import { dirOf, onDisk, type RawPath, rawFromBytes, rawToText } from '../bundle/raw-path.ts';

/**
 * Whether a target stays in the project, whatever other links it passes: `..` only at its start, where
 * the folders are real ones, and no more of them than there are folders. Nor may it lead into git's own.
 */
const staysInside = (path: RawPath, target: RawPath): boolean => {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false;
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const down = parts.findIndex((part) => part !== '..');
  const [ups, rest] = down === -1 ? [parts.length, []] : [down, parts.slice(down)];
  const depth = path.split('/').length - 1;
  return ups <= depth && !rest.includes('..') && !rest.includes('.git');
};

const fetchTarget = async (client: Client, { sha256 }: Pick<CollectedFile, 'sha256'>) => {
  const response = await client.call('blob', { params: { sha256 } });
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (createHash('sha256').update(bytes).digest('hex') === sha256) return rawFromBytes(bytes);
  throw new PxError('unavailable', 'A link came incomplete.');
};

const asPxError = (path: RawPath, error: unknown): PxError => {
  if (error instanceof PxError) return error;
  if (error instanceof Error && 'syscall' in error) {
    return new PxError('bad_input', `${rawToText(path)} cannot be written: ${error.message}`, {
      hint: 'Bring it elsewhere: px job pull ID --to DIR',
      cause: error,
    });
  }
  return new PxError('unavailable', `${rawToText(path)} came incomplete.`, { cause: error });
};

/**
 * Makes a collected link at `path`, whose folders are real ones.
 *
 * @returns null, or why it stays behind: nothing that a job made may lead out of the project
 * @throws PxError `unavailable` where it came incomplete; it may be fetched again
 */
export const writeLink = async (
  client: Client,
  root: string,
  path: RawPath,
  file: Pick<CollectedFile, 'sha256'>,
): Promise<string | null> => {
  const folder = dirOf(path);
  const draftName = `.px-${randomBytes(6).toString('hex')}.tmp`;
  const draft = onDisk(root, folder === '' ? draftName : `${folder}/${draftName}`);
  try {
    const target = await fetchTarget(client, file);
    if (!staysInside(path, target)) {
      return `${rawToText(path)} leads out of the project, to ${rawToText(target)}`;
    }
    symlinkSync(Buffer.from(target, 'latin1'), draft);
    renameSync(draft, onDisk(root, path));
    return null;
  } catch (error) {
    rmSync(draft, { force: true });
    throw asPxError(path, error);
  }
};
