import { mkdtemp, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../make-folder.ts';
import { size } from '../output/units.ts';
import { type Check, fail, ok, reason, warn } from './check.ts';

const PERMISSION_BITS = 0o777;
const OTHERS_BITS = 0o077;

/** Whether PX_HOME can be written, and whether others can look into it. */
export const homeWritable: Check = async ({ context: { home } }) => {
  try {
    makeFolder(home, 0o700);
    const probe = await mkdtemp(join(home, 'doctor-'));
    await writeFile(join(probe, 'file'), 'px');
    await rm(probe, { recursive: true });
  } catch (error) {
    return fail(
      'home',
      `${home} cannot be written: ${reason(error)}`,
      'Set PX_HOME to a folder of yours.',
    );
  }
  const mode = (await stat(home)).mode & PERMISSION_BITS;
  if ((mode & OTHERS_BITS) === 0) return ok('home', `${home} can be written, and by you alone`);
  const advice = `chmod 700 '${home}'`;
  return warn('home', `${home} is open to other users (mode ${mode.toString(8)})`, advice);
};

/** f_type of Linux file systems that live on another machine, where SQLite's locks cannot be trusted. */
const NETWORK_TYPES: Readonly<Record<number, string>> = {
  26985: 'NFS', // 0x6969
  20859: 'SMB', // 0x517b
  4283649346: 'SMB', // 0xff534d42 (CIFS)
  4266872130: 'SMB', // 0xfe534d42
  16914839: '9P', // 0x01021997
  12805120: 'Ceph', // 0x00c36400
  198183888: 'Lustre', // 0x0bd00bd0
  1397113167: 'AFS', // 0x5346414f
};

/** Whether PX_HOME lies on a file system of this machine. */
export const homeFileSystem: Check = async ({ context: { home } }) => {
  // Other systems number their types otherwise.
  if (process.platform !== 'linux') return ok('filesystem', `not looked at on ${process.platform}`);
  const { type } = await statfs(home);
  const network = NETWORK_TYPES[type];
  if (network === undefined) return ok('filesystem', 'PX_HOME is on a disk of this machine');
  return fail(
    'filesystem',
    `PX_HOME is on a network file system (${network})`,
    'Set PX_HOME to a folder on a disk of this machine.',
  );
};

/** 256 MiB: below that the control plane soon refuses output. 2 GiB: room for a job or two. */
const FAIL_BYTES = 256 << 20;
const WARN_BYTES = 2 * 1024 ** 3;

/** Free space where jobs' output and bundles go. */
export const diskSpace: Check = async ({ context: { home } }) => {
  const { bavail, bsize } = await statfs(home);
  const free = bavail * bsize;
  const message = `${size(free)} free in ${home}`;
  const advice = 'Make room, or forget finished jobs: px job rm ID';
  if (free < FAIL_BYTES) return fail('disk', message, advice);
  return free < WARN_BYTES ? warn('disk', message, advice) : ok('disk', message);
};
