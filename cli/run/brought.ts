import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type RawPath, rawFromBase64, rawToBase64 } from '../bundle/raw-path.ts';

/** What px itself wrote for one job into one folder: no edit of the user's. */
export interface Brought {
  /** SHA-256 of what px last wrote there; null where it wrote nothing. */
  hashOf(path: RawPath): string | null;
  add(path: RawPath, sha256: string): void;
}

/** Records of so many jobs are kept, the last used ones: a retry follows soon or never. */
const MAX_RECORDS = 256;

const readRecord = (file: string): Map<RawPath, string> => {
  try {
    const lines = readFileSync(file, 'latin1').split('\n').slice(0, -1);
    return new Map(
      lines.map((line) => {
        const [sha256 = '', path = ''] = line.split(' ');
        return [rawFromBase64(path), sha256];
      }),
    );
  } catch {
    // Absent or damaged: what stands there is taken for the user's, and kept.
    return new Map();
  }
};

const prune = (folder: string): void => {
  const names = readdirSync(folder);
  if (names.length <= MAX_RECORDS) return;
  const aged = names.map((name) => {
    const path = join(folder, name);
    return { path, at: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
  });
  aged.sort((a, b) => b.at - a.at);
  for (const { path } of aged.slice(MAX_RECORDS)) rmSync(path, { force: true });
};

/** Opens the record of a job and a folder: a line for each file, so that a crash loses none before it. */
export const openBrought = (pxHome: string, job: string, root: string): Brought => {
  const folder = join(pxHome, 'brought');
  const place = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const file = join(folder, `${job}.${place}`);
  const known = readRecord(file);
  let isNew = true;
  return {
    hashOf: (path) => known.get(path) ?? null,
    add: (path, sha256) => {
      known.set(path, sha256);
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        appendFileSync(file, `${sha256} ${rawToBase64(path)}\n`, { mode: 0o600 });
        if (isNew) prune(folder);
        isNew = false;
      } catch {
        // A full or read-only disk says so where it matters.
      }
    },
  };
};
