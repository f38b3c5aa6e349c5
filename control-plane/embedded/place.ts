import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of a Linux machine; systems without it are told apart by the file alone. */
const MACHINE_ID = '/etc/machine-id';

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8').trim() || null;
  } catch {
    return null;
  }
};

/** The file names its own inode, which no copy of it has, and its machine, which no clone of that has. */
const describeFile = (path: string, machineId: string | null): string =>
  `${statSync(path, { bigint: true }).ino} ${machineId ?? '-'}\n`;

/** Where PX_HOME says that it stands: `place` in it, which its owner may delete. */
export const placeFile = (home: string): string => join(home, 'place');

/** The inode of that file, which a copy does not share; null where there is none. */
export const placeNumber = (home: string): string | null =>
  statSync(placeFile(home), { bigint: true, throwIfNoEntry: false })?.ino.toString() ?? null;

/** From now on this PX_HOME stands here. */
export const takePlace = (home: string, machineId = read(MACHINE_ID)): void => {
  const path = placeFile(home);
  // A file of its own: a copy may share nothing with the one that it was made of.
  rmSync(path, { force: true });
  writeFileSync(path, '', { mode: 0o600 });
  writeFileSync(path, describeFile(path, machineId));
};

/** Whether this PX_HOME is a copy of one that stands elsewhere; one that never said takes its place. */
export const isCopiedHome = (home: string, machineId = read(MACHINE_ID)): boolean => {
  const path = placeFile(home);
  const said = read(path);
  if (said === null) {
    takePlace(home, machineId);
    return false;
  }
  return said !== describeFile(path, machineId).trim();
};
