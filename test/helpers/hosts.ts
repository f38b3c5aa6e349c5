import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cleanup } from './control-plane.ts';
import { isAlive, signal, until } from './processes.ts';

const NODE = join(import.meta.dirname, '../../node_modules/node/bin/node');
const SSHD = '/usr/sbin/sshd';
const UID = 4242;
/** The last part of the first host's address. */
const FIRST = 10;
/** What the hosts are called in ssh's configuration. */
const NAMES = ['alpha', 'beta', 'gamma'];

/** Whether this machine can be cut into hosts: root, and nobody's own. */
export const canMakeHosts = process.env.CI === 'true' && process.getuid?.() === 0;

/** A Linux host of its own: address, processes, root and home directories, sshd with a key. */
interface Host {
  readonly address: string;
  /** Its public key, `ssh-ed25519 AAAA…`. */
  readonly key: string;
  /** What a shell there prints, as root. */
  sh(script: string): string;
  /** Command lines of what runs there beside its sshd. */
  processes(): string[];
  /** What px left there, by path. */
  files(): string[];
  /** Nothing comes through any more, and nobody is told. */
  cut(): void;
  heal(): void;
  /** Its power is gone: processes, address, everything. */
  vanish(): void;
  /** A key that nobody has seen before. */
  changeKey(): Promise<void>;
}

interface Hosts {
  /** A home directory whose ssh reaches the hosts as root and as deploy. */
  home: string;
  hosts: Host[];
}

const run = (program: string, ...words: string[]): string =>
  execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

const makeKey = (file: string): string => {
  rmSync(file, { force: true });
  run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file);
  return readFileSync(`${file}.pub`, 'utf8').trim();
};

interface Net {
  /** Begins the names of everything that is made. */
  prefix: string;
  /** `10.x.y` */
  subnet: string;
  folder: string;
}

const makeNet = (t: Cleanup, folder: string): Net => {
  const [a = 0, b = 0, c = 0, d = 0] = randomBytes(4);
  const prefix = `px${Buffer.from([a, b, c]).toString('hex')}`;
  const net = { prefix, subnet: `10.${64 + (c % 64)}.${d}`, folder };
  run('ip', 'link', 'add', `${prefix}b`, 'type', 'bridge');
  t.after(() => void run('ip', 'link', 'del', `${prefix}b`));
  run('ip', 'addr', 'add', `${net.subnet}.1/24`, 'dev', `${prefix}b`);
  run('ip', 'link', 'set', `${prefix}b`, 'up');
  return net;
};

/** Runs as the first process of the host: its own directories over the shared ones, then sshd. */
const INIT = `
set -e
mount --make-rprivate /
for dir in var-lib root home run usr-local-bin; do
  place=/$(echo "$dir" | sed 's/-/\\//g'); mkdir -p "$place"; mount --bind "$1/$dir" "$place"
done
mount --bind "$1/passwd" /etc/passwd
[ ! -e /usr/bin/node ] || mount --bind "$1/no-node" /usr/bin/node
mount -t proc proc /proc
exec ${SSHD} -D -f "$1/sshd_config"
`;

const writeFiles = (net: Net, folder: string, hasNode: boolean): void => {
  for (const name of ['var-lib', 'root', 'home', 'home/deploy', 'run', 'run/sshd', 'usr-local-bin'])
    mkdirSync(join(folder, name), { recursive: true, mode: 0o755 });
  run('chown', `${UID}:${UID}`, join(folder, 'home/deploy'));
  cpSync('/etc/passwd', join(folder, 'passwd'));
  const user = `deploy:*:${UID}:${UID}::/home/deploy:/bin/sh\n`;
  appendFileSync(join(folder, 'passwd'), user);
  writeFileSync(join(folder, 'no-node'), '');
  if (hasNode) symlinkSync(NODE, join(folder, 'usr-local-bin/node'));
  writeFileSync(
    join(folder, 'sshd_config'),
    `ListenAddress 0.0.0.0:22
HostKey ${folder}/key
AuthorizedKeysFile ${net.folder}/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 100
Subsystem sftp internal-sftp
LogLevel ERROR
`,
  );
};

const answers = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: address, port: 22, timeout: 500 });
    const end = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('data', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });

const filesBelow = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];

/** Starts the host's first process; resolves to its pid out here once its sshd answers. */
const boot = async (namespace: string, folder: string, address: string): Promise<number> => {
  const unshare = ['unshare', '--mount', '--pid', '--fork', '--kill-child'];
  const argv = ['netns', 'exec', namespace, ...unshare, 'sh', '-c', INIT, 'init', folder];
  const log = join(folder, 'boot.log');
  const child = spawn('sh', ['-c', `exec ip "$@" >${log} 2>&1`, 'sh', ...argv], {
    stdio: 'ignore',
    detached: true,
  });
  child.unref();
  const outer = child.pid ?? 0;
  await until(`the sshd of ${address} answers`, async () => {
    if (!isAlive(outer)) throw new Error(`The host ended: ${readFileSync(log, 'utf8')}`);
    return await answers(address);
  });
  return outer;
};

/** The host's first process as this machine numbers it: the child of `unshare`. */
const firstOf = (outer: number): number =>
  Number(readFileSync(`/proc/${outer}/task/${outer}/children`, 'utf8').trim().split(' ')[0]);

const makeHost = async (t: Cleanup, net: Net, at: number, hasNode: boolean): Promise<Host> => {
  const { prefix, subnet } = net;
  const [namespace, veth] = [`${prefix}n${at}`, `${prefix}v${at}`];
  const address = `${subnet}.${FIRST + at}`;
  const folder = join(net.folder, `host${at}`);
  mkdirSync(folder);
  writeFiles(net, folder, hasNode);
  const key = makeKey(join(folder, 'key'));
  run('ip', 'netns', 'add', namespace);
  run('ip', 'link', 'add', veth, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
  run('ip', 'link', 'set', veth, 'master', `${prefix}b`, 'up');
  run('ip', '-n', namespace, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
  for (const device of ['eth0', 'lo']) run('ip', '-n', namespace, 'link', 'set', device, 'up');
  let outer = await boot(namespace, folder, address);
  let first = firstOf(outer);
  let isThere = true;
  const end = async (): Promise<void> => {
    signal(first, 'SIGKILL');
    await until('the host is off', () => !isAlive(outer) && !isAlive(first));
  };
  const vanish = (): void => {
    if (!isThere) return;
    isThere = false;
    signal(first, 'SIGKILL');
    run('ip', 'link', 'del', veth);
    run('ip', 'netns', 'del', namespace);
  };
  t.after(async () => {
    vanish();
    await until('the host is off', () => !isAlive(outer));
  });
  const sh = (script: string): string => {
    // With a fork, or the shell would stay in this machine's process namespace.
    return run('nsenter', '-t', String(first), '-a', 'sh', '-c', script);
  };
  return {
    address,
    key,
    sh,
    processes: () =>
      sh('ps -eo pid=,args= --sort=pid')
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '' && !/^1 |\bps -eo\b|sshd[:-]/.test(line)),
    files: () =>
      [
        ...filesBelow(join(folder, 'var-lib')),
        ...filesBelow(join(folder, 'home')),
        ...filesBelow(join(folder, 'root')),
      ].filter((path) => path !== 'deploy'),
    cut: () => void run('ip', 'link', 'set', veth, 'down'),
    heal: () => void run('ip', 'link', 'set', veth, 'up'),
    vanish,
    changeKey: async () => {
      await end();
      makeKey(join(folder, 'key'));
      outer = await boot(namespace, folder, address);
      first = firstOf(outer);
    },
  };
};

interface HostsOptions {
  count: number;
  /** Whether a Node that is new enough is in their PATH. */
  hasNode?: boolean;
}

/** Makes hosts that go with the test. */
export const makeHosts = async (t: Cleanup, options: HostsOptions): Promise<Hosts> => {
  const folder = mkdtempSync(join(tmpdir(), 'px-hosts-'));
  // Their sshd reads the authorized key as the user who logs in.
  chmodSync(folder, 0o755);
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const net = makeNet(t, folder);
  makeKey(join(folder, 'user'));
  const home = join(folder, 'user-home');
  mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  const known = join(home, '.ssh/known_hosts');
  const { count, hasNode = true } = options;
  const names = NAMES.slice(0, count);
  const aliases = names.map((name, at) => `Host ${name}\n  HostName ${net.subnet}.${FIRST + at}\n`);
  const config = `${aliases.join('')}Host ${net.subnet}.* ${names.join(' ')}
  IdentityFile ${folder}/user
  IdentitiesOnly yes
  UserKnownHostsFile ${known}
`;
  writeFileSync(join(home, '.ssh/config'), config, { mode: 0o600 });
  const hosts = await Promise.all(
    Array.from({ length: count }, (_, at) => makeHost(t, net, at, hasNode)),
  );
  return { home, hosts };
};

/** Has the ssh of this home know the hosts. */
export const knowHosts = ({ home, hosts }: Hosts): void => {
  const lines = hosts.map(({ address, key }) => `${address} ${key}\n`);
  writeFileSync(join(home, '.ssh/known_hosts'), lines.join(''));
};
