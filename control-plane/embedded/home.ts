import { chmodSync, mkdirSync, statfsSync, statSync } from 'node:fs';
import { PxError } from '../../protocol/errors.ts';

/**
 * File systems on which locks and synced writes cannot be relied on, by the magic numbers of
 * statfs(2) on Linux.
 */
const NETWORK_TYPES: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x5346414f, 'AFS'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
]);

type FileSystemType = (path: string) => number;

const readType: FileSystemType = (path) => statfsSync(path).type;

/**
 * Makes PX_HOME, for its owner alone. Throws `bad_config` where it lies on a network file system or
 * belongs to somebody else.
 */
export const prepareHome = (
  home: string,
  uid: number | null,
  typeOf: FileSystemType = readType,
): void => {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const name = NETWORK_TYPES.get(typeOf(home) >>> 0);
  if (name !== undefined) {
    throw new PxError('bad_config', `Expected PX_HOME on a local disk, got ${home} on ${name}.`, {
      hint: 'export PX_HOME=/path/on/a/local/disk',
    });
  }
  const owner = statSync(home).uid;
  if (uid !== null && uid !== 0 && owner !== uid) {
    throw new PxError('bad_config', `PX_HOME ${home} belongs to user ${owner}.`, {
      hint: 'export PX_HOME=/path/to/a/folder/of/yours',
    });
  }
  chmodSync(home, 0o700);
};
