import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { giveLinkTo, type JobUser } from '../job-user.ts';
import { type BytePath, type Laid, pathIn, type Wanted, type WantedTree } from './entry.ts';
import type { Pause } from './pause.ts';
import { removeAll } from './remove.ts';
import { signatureOf, statOf } from './signature.ts';

/** 1 MiB: a larger file is copied off the main thread. */
const SYNC_MAX_BYTES = 1 << 20;

/** A copy where it can share blocks with its source until one of them is written, else a plain one. */
const COPY = constants.COPYFILE_FICLONE;

/** 64 KiB: written at once, which takes half the system's time of a copy; most files of code are smaller. */
const WRITE_MAX_BYTES = 64 << 10;

/** Writes a small file. What stands there already is never opened. */
const writeSmall = (to: Buffer, { source, size }: Wanted & { kind: 'file' }): void => {
  const bytes = size === 0 ? new Uint8Array(0) : readFileSync(source);
  const fd = openSync(to, 'wx', 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
  } finally {
    closeSync(fd);
  }
};

const isSame = (left: Wanted, right: Wanted): boolean => {
  if (left.kind === 'dir') return right.kind === 'dir' && left.mode === right.mode;
  if (left.kind === 'link') return right.kind === 'link' && left.target === right.target;
  return right.kind === 'file' && left.content === right.content && left.mode === right.mode;
};

const putFile = async (root: string, path: BytePath, file: Wanted & { kind: 'file' }) => {
  const to = pathIn(root, path);
  if (file.size > SYNC_MAX_BYTES) {
    await copyFile(file.source, to, COPY);
    return;
  }
  if (file.size <= WRITE_MAX_BYTES) writeSmall(to, file);
  else copyFileSync(file.source, to, COPY);
};

const put = async (
  root: string,
  path: BytePath,
  wanted: Wanted,
  user: JobUser | null,
): Promise<void> => {
  const to = pathIn(root, path);
  if (wanted.kind === 'file') await putFile(root, path, wanted);
  else if (wanted.kind === 'link') symlinkSync(Buffer.from(wanted.target, 'latin1'), to);
  else mkdirSync(to);
  giveLinkTo(user, to);
  // Behind the change of owner, which takes setuid away.
  if (wanted.kind !== 'link') chmodSync(to, wanted.mode);
};

const remove = async (root: string, path: BytePath, laid: Map<BytePath, Laid>): Promise<void> => {
  const at = pathIn(root, path);
  const entry = laid.get(path);
  laid.delete(path);
  if (entry?.wanted.kind !== 'dir') {
    if (entry !== undefined) unlinkSync(at);
    return;
  }
  for (const below of laid.keys()) if (below.startsWith(`${path}/`)) laid.delete(below);
  await removeAll(at);
};

/**
 * Brings a folder from what stands in it to what should: what differs is removed and made anew, so
 * that no inode is ever shared with a source or with a link that a job made. What is the same stays.
 *
 * @param laid what stands in it untouched; everything else must be gone already
 */
export const layTree = async (
  root: string,
  laid: Map<BytePath, Laid>,
  wanted: WantedTree,
  pause: Pause,
  user: JobUser | null,
): Promise<void> => {
  for (const [path, { wanted: old }] of [...laid]) {
    const target = wanted.get(path);
    if (target !== undefined && isSame(old, target)) continue;
    await remove(root, path, laid);
    await pause();
  }
  const missing = [...wanted.keys()].filter((path) => !laid.has(path)).sort();
  for (const path of missing) {
    const target = wanted.get(path);
    if (target === undefined) continue;
    await put(root, path, target, user);
    const stats = statOf(root, path);
    if (stats !== null)
      laid.set(path, { wanted: target, signature: signatureOf(stats), ctimeMs: stats.ctimeMs });
    await pause();
  }
};
