import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './case.ts';

/** Debian's place; sshd wants to be started by its absolute path. */
const SSHD = '/usr/sbin/sshd';

/** Where an sshd that root starts locks its helpers in; the distribution's start script makes it. */
const EMPTY = '/run/sshd';

const START_TRIES = 50;
const START_EVERY_MS = 100;

/** A port of loopback that nobody listens on at the moment. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
};

const serverConfig = (folder: string, port: number): string => `ListenAddress 127.0.0.1:${port}
HostKey ${folder}/host
AuthorizedKeysFile ${folder}/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
`;

const makeKeys = async (bench: Bench, folder: string): Promise<void> => {
  for (const name of ['host', 'user']) {
    await bench.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)], {});
  }
};

/** A way into this machine over ssh; `command` is what stands before the remote command. */
export interface Ssh {
  command: readonly string[];
  close(): Promise<void>;
}

/** Starts an sshd of the bench's own, on loopback, with keys that die with it; null where there is none. */
export const startSshd = async (bench: Bench): Promise<Ssh | null> => {
  if (!existsSync(SSHD) || !(await bench.has('ssh'))) return null;
  const folder = await bench.folder('sshd');
  const port = await freePort();
  await makeKeys(bench, folder);
  await writeFile(join(folder, 'config'), serverConfig(folder, port));
  const hostKey = (await readFile(join(folder, 'host.pub'), 'utf8')).trim();
  await writeFile(join(folder, 'known_hosts'), `[127.0.0.1]:${port} ${hostKey}\n`);
  const isMade = userInfo().uid === 0 && !existsSync(EMPTY);
  if (isMade) await mkdir(EMPTY, { mode: 0o755 });
  const sshd = spawn(SSHD, ['-D', '-q', '-f', join(folder, 'config')], { stdio: 'ignore' });
  sshd.on('error', () => undefined);
  const options = ['BatchMode=yes', `UserKnownHostsFile=${folder}/known_hosts`, 'LogLevel=ERROR'];
  const command = [
    ...['ssh', '-F', 'none', '-p', String(port), '-i', join(folder, 'user')],
    ...options.flatMap((option) => ['-o', option]),
    `${userInfo().username}@127.0.0.1`,
  ];
  const close = async (): Promise<void> => {
    sshd.kill();
    if (isMade) await rmdir(EMPTY);
  };
  for (let tries = 0; tries < START_TRIES && sshd.exitCode === null; tries++) {
    const { status } = await bench.run([...command, 'true'], { allow: [255] });
    if (status === 0) return { command, close };
    await sleep(START_EVERY_MS);
  }
  await close();
  return null;
};
