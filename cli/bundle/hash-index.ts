import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../make-folder.ts';
import type { RawPath } from './raw-path.ts';
import type { FoundFile } from './scan.ts';

/** path, size, mtime, ctime, inode, sha256. */
type Row = [RawPath, number, number, number, number, string];

interface Stored {
  version: 1;
  /** Milliseconds since 1970. */
  writtenAt: number;
  rows: Row[];
}

/**
 * 2 s: file systems keep times in steps of up to that (FAT), so a file that changed so shortly before
 * the index was written could change again under the same times. git calls it racy.
 */
const RACY_MS = 2000;

/** Indexes of so many projects are kept, the last used ones. */
const MAX_INDEXES = 64;

const folderOf = (pxHome: string): string => join(pxHome, 'index');

const fileOf = (pxHome: string, root: string): string => {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 32);
  return join(folderOf(pxHome), `${name}.json`);
};

const readStored = (file: string): Stored | null => {
  try {
    const stored = JSON.parse(readFileSync(file, 'latin1')) as Stored;
    return stored.version === 1 && Array.isArray(stored.rows) ? stored : null;
  } catch {
    // Absent, or cut off: everything is hashed again.
    return null;
  }
};

/** Gives the hash of a file that has not changed since it was hashed, else null. */
export type KnownHash = (file: FoundFile) => string | null;

/** Reads the index of a project. */
export const readIndex = (pxHome: string, root: string): KnownHash => {
  const stored = readStored(fileOf(pxHome, root));
  if (stored === null) return () => null;
  const rows = new Map(stored.rows.map((row) => [row[0], row]));
  const trustedBefore = stored.writtenAt - RACY_MS;
  return ({ path, size, mtimeMs, ctimeMs, ino }) => {
    const row = rows.get(path);
    if (row === undefined || mtimeMs >= trustedBefore || ctimeMs >= trustedBefore) return null;
    const same = row[1] === size && row[2] === mtimeMs && row[3] === ctimeMs && row[4] === ino;
    return same ? row[5] : null;
  };
};

const prune = (folder: string): void => {
  const names = readdirSync(folder);
  if (names.length <= MAX_INDEXES) return;
  const aged = names.map((name) => {
    const path = join(folder, name);
    return { path, at: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
  });
  aged.sort((a, b) => b.at - a.at);
  for (const { path } of aged.slice(MAX_INDEXES)) rmSync(path, { force: true });
};

/** Replaces the index of a project. It only spares work: where it cannot be written, nothing is said. */
export const writeIndex = (
  pxHome: string,
  root: string,
  files: readonly (FoundFile & { sha256: string })[],
  now: number,
): void => {
  const rows = files.map(
    ({ path, size, mtimeMs, ctimeMs, ino, sha256 }): Row => [
      path,
      size,
      mtimeMs,
      ctimeMs,
      ino,
      sha256,
    ],
  );
  const stored: Stored = { version: 1, writtenAt: now, rows };
  const file = fileOf(pxHome, root);
  try {
    makeFolder(folderOf(pxHome), 0o700);
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(stored), { encoding: 'latin1', mode: 0o600 });
    renameSync(draft, file);
    prune(folderOf(pxHome));
  } catch {
    // A full or read-only disk says so where it matters.
  }
};
