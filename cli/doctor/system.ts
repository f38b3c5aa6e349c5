import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duration } from '../output/units.ts';
import { type Check, fail, ok, reason, warn } from './check.ts';

/** The first Node that runs px: as in package.json and bin/launch.cjs. */
const NEEDED_NODE = [22, 18] as const;

export const nodeVersion: Check = async () => {
  const { node } = process.versions;
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const [neededMajor, neededMinor] = NEEDED_NODE;
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) {
    return ok('node', `Node ${node}`);
  }
  return fail(
    'node',
    `Node ${node} is older than ${NEEDED_NODE.join('.')}`,
    'npm install --global node@24',
  );
};

export const git: Check = async ({ run }) => {
  try {
    return ok('git', (await run('git', ['--version'])).trim());
  } catch {
    const advice = 'Install git; without it all files of a project travel.';
    return warn('git', 'git was not found', advice);
  }
};

export const ssh: Check = async ({ run }) => {
  try {
    await run('ssh', ['-V']);
    return ok('ssh', 'ssh is there, for clusters of other machines');
  } catch {
    const advice = 'Install openssh-client; clusters of other machines need it.';
    return warn('ssh', 'ssh was not found', advice);
  }
};

export const shell: Check = async ({ run }) => {
  try {
    const said = await run('/bin/sh', ['-c', 'echo ok']);
    if (said.trim() === 'ok') return ok('shell', '/bin/sh works');
    return fail(
      'shell',
      '/bin/sh does not run commands',
      'Repair /bin/sh: commands of jobs need it.',
    );
  } catch (error) {
    return fail('shell', `/bin/sh: ${reason(error)}`, 'Repair /bin/sh: commands of jobs need it.');
  }
};

export const mkfifo: Check = async ({ run }) => {
  const folder = await mkdtemp(join(tmpdir(), 'px-doctor-'));
  try {
    await run('mkfifo', [join(folder, 'pipe')]);
    return ok('mkfifo', `named pipes work in ${tmpdir()}`);
  } catch (error) {
    const advice = 'Install coreutils, or set TMPDIR to a folder that allows named pipes.';
    return fail('mkfifo', `no named pipes in ${tmpdir()}: ${reason(error)}`, advice);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Listens on a free port of the loopback address and connects to it. */
export const loopback: Check = async () => {
  const server = createServer((socket) => socket.destroy());
  try {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
    return ok('loopback', 'ports on 127.0.0.1 work');
  } catch (error) {
    const advice = 'Allow connections to 127.0.0.1: px talks to its control plane there.';
    return fail('loopback', `127.0.0.1: ${reason(error)}`, advice);
  } finally {
    server.close();
  }
};

/** 2025-01-01: this px did not exist before. */
const OLDEST_NOW_MS = 1_735_689_600_000;
/** 2 s: a file's time and the clock differ by less on one machine. */
const SKEW_MAX_MS = 2000;

export const clock: Check = async ({ context }) => {
  const now = context.now();
  const shown = new Date(now).toISOString();
  if (now < OLDEST_NOW_MS)
    return fail('clock', `The clock says ${shown}`, 'Set the clock: certificates fail otherwise.');
  const probe = join(context.home, `doctor-clock-${process.pid}`);
  try {
    await writeFile(probe, '');
    const skew = Math.abs((await stat(probe)).mtimeMs - context.now());
    if (skew <= SKEW_MAX_MS) return ok('clock', `The clock says ${shown}`);
    const advice = 'Set the clock, or move PX_HOME to a disk of this machine.';
    return warn('clock', `Files are written ${duration(skew)} off the clock`, advice);
  } finally {
    await rm(probe, { force: true });
  }
};
