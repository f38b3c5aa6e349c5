import { createHash } from 'node:crypto';
import { lstatSync, readlinkSync } from 'node:fs';
import { type CollectedFile, isLinkMode } from '../../protocol/messages/bundles.ts';
import { hashFile, makeScratch } from '../bundle/hash-file.ts';
import { onDisk, type RawPath } from '../bundle/raw-path.ts';
import type { Brought } from './brought.ts';

/** What stood here when the job was submitted. */
export interface Baseline {
  /** SHA-256 of the files that travelled. */
  hashes: ReadonlyMap<RawPath, string>;
  /** Milliseconds since 1970. */
  submittedAt: number;
  /** What px has brought home of this job before: its own write is no change by the user. */
  brought: Brought;
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * What to do with an arriving file: `write` it, leave the `same` content alone, or `keep` the local
 * one, which was changed since the submit, and put the arriving one beside it.
 */
export const compareWithLocal = async (
  root: string,
  path: RawPath,
  arriving: Pick<CollectedFile, 'sha256' | 'size' | 'mode'>,
  baseline: Baseline,
): Promise<'write' | 'same' | 'keep'> => {
  const stat = lstatSync(onDisk(root, path), { throwIfNoEntry: false });
  if (stat === undefined) return 'write';
  if (stat.isSymbolicLink()) {
    const target = readlinkSync(onDisk(root, path), 'buffer');
    const isSame = isLinkMode(arriving.mode) && sha256Of(target) === arriving.sha256;
    return isSame ? 'same' : 'keep';
  }
  if (!stat.isFile() || isLinkMode(arriving.mode)) return 'keep';
  const travelled = baseline.hashes.get(path);
  const touched = stat.ctimeMs >= baseline.submittedAt;
  // Not looked into where that cannot change the answer: these files may be large.
  if (travelled === undefined && !touched) return 'write';
  const { sha256 } = await hashFile(root, path, makeScratch());
  if (sha256 === arriving.sha256) return 'same';
  return sha256 === travelled || sha256 === baseline.brought.hashOf(path) ? 'write' : 'keep';
};
