import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { collect, type Input, remoteCommand, runProgram, type Tools } from './command.ts';
import { type Facts, parseLine, readFacts } from './facts.ts';
import { refusal } from './refusal.ts';
import { KEEP } from './scripts/keep.ts';
import { ownOptions, placeWords, type SshTarget } from './target.ts';

/** 30 s from the first packet to the machine's answer; ssh gives up a silent connect after 10. */
const CONNECT_MS = 30_000;
/** Questions without an answer until a machine counts as out of reach. */
const ALIVE_COUNT = 3;
const FORWARD_MS = 15_000;
/** Some screens of what ssh says. */
const STDERR_MAX_CHARS = 16_384;

/** One connection to a machine, over which everything goes. */
export interface Link {
  facts: Facts;
  /** Runs a script there to its end; throws what it says where it fails. Returns its stdout. */
  run(script: string, args: readonly string[], input: Input, limitMs: number): Promise<string>;
  /** Opens a port on the machine's loopback that leads to this port here; once. */
  forward(port: number): Promise<number>;
  /** Has the machine tell its worker where the control plane is, and watch it. */
  watch(url: string): void;
  /** Resolves when the connection is over, with ssh's last words. */
  ended: Promise<string>;
  close(): void;
}

interface LinkOptions extends Tools {
  /** For sockets and pinned keys: its path is short, since a socket's must be. */
  folder: string;
  /** Of px's own, unique for each connection. */
  name: string;
  nodeId: string;
  target: SshTarget;
  /** So often a connection on which nothing comes is asked whether it is there. */
  aliveSeconds: number;
  /** What the session says after its facts: `worker`, `ended`, `guests`. */
  onLine: (key: string, value: string) => void;
}

const envOf = ({ env, target }: LinkOptions): Record<string, string> => ({
  ...{ ...env, ...target.env },
  LC_ALL: 'C',
  SSH_ASKPASS_REQUIRE: 'never',
  ...(target.agentSocket === undefined ? {} : { SSH_AUTH_SOCK: target.agentSocket }),
});

const pin = ({ folder, nodeId, target }: LinkOptions, alias: string): string => {
  const path = join(folder, `${nodeId}.keys`);
  writeFileSync(path, target.hostKeys.map((key) => `${alias} ${key}\n`).join(''), { mode: 0o600 });
  return path;
};

const startMaster = (options: LinkOptions, socket: string): ChildProcess => {
  const { nodeId, target, aliveSeconds } = options;
  const alias = `px-${nodeId}`;
  const alive = [`ServerAliveInterval=${aliveSeconds}`, `ServerAliveCountMax=${ALIVE_COUNT}`];
  const guests = target.hasGuests === true ? ['guests'] : [];
  const words = [
    ...['-M', '-S', socket, '-T'],
    ...ownOptions(pin(options, alias), alias),
    ...alive.flatMap((option) => ['-o', option]),
    ...placeWords(target),
    remoteCommand(KEEP, [nodeId, `--px-keep=${nodeId}`, ...guests], target.sudo),
  ];
  return spawn('ssh', words, { env: envOf(options), stdio: ['pipe', 'pipe', 'pipe'] });
};

/** The facts, once the session has said them; null where the connection ended before. */
const readSession = (
  { onLine }: LinkOptions,
  child: ChildProcess,
  ended: Promise<string>,
): Promise<Facts | null> =>
  new Promise((resolve) => {
    const lines: { key: string; value: string }[] = [];
    let isReady = false;
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (text) => {
        const line = parseLine(text);
        if (line === null) return;
        if (isReady) onLine(line.key, line.value);
        else if (line.key !== 'ready') lines.push(line);
        else {
          isReady = true;
          resolve(readFacts(lines));
        }
      });
    }
    ended.then(
      () => resolve(null),
      () => resolve(null),
    );
  });

/** What goes over a connection that is there: its words, and nothing if it is not there any more. */
const overSocket = (socket: string, target: SshTarget, words: readonly string[]): string[] => [
  ...['ssh', '-F', 'none', '-S', socket, '-T', '-o', 'LogLevel=ERROR'],
  // Without its connection ssh would make one of its own.
  ...['-o', 'ProxyCommand=false', '-o', 'BatchMode=yes'],
  ...words.slice(0, -1),
  '--',
  target.host,
  ...words.slice(-1).filter((word) => word !== ''),
];

const createSessions = (options: LinkOptions, socket: string) => {
  const { clock, target } = options;
  const tools = { clock, env: envOf(options) };
  let forwarded: Promise<number> | null = null;
  const forget = (): void => {
    forwarded = null;
  };
  const forward = async (port: number): Promise<number> => {
    const words = ['-O', 'forward', '-R', `127.0.0.1:0:127.0.0.1:${port}`, ''];
    const argv = overSocket(socket, target, words);
    const { stdout, stderr } = await runProgram(tools, argv, null, FORWARD_MS);
    const allocated = Number.parseInt(stdout, 10);
    if (allocated > 0) return allocated;
    throw refusal(target, stderr, 'its sshd forwards no port (AllowTcpForwarding)');
  };
  return {
    run: async (script: string, args: readonly string[], input: Input, limitMs: number) => {
      const argv = overSocket(socket, target, [remoteCommand(script, args, target.sudo)]);
      const { status, stdout, stderr } = await runProgram(tools, argv, input, limitMs);
      if (status === 0) return stdout;
      throw refusal(target, status === null ? `${stderr}\nit took too long` : stderr);
    },
    forward: (port: number) => {
      if (forwarded === null) {
        forwarded = forward(port);
        // A connection that stood still for a moment forwards by the next try.
        forwarded.catch(forget);
      }
      return forwarded;
    },
  };
};

/** Connects with the system's ssh. Throws `provider_refused` or `host_key_changed`. */
export const connect = async (options: LinkOptions): Promise<Link> => {
  const { clock, folder, name, target } = options;
  const socket = join(folder, name);
  const child = startMaster(options, socket);
  const stderr = collect(child.stderr, STDERR_MAX_CHARS);
  child.stdin?.on('error', () => undefined);
  const ended = once(child, 'close').then(
    () => stderr(),
    (cause: unknown) => (cause instanceof Error ? cause.message : String(cause)),
  );
  const clean = ended.then(() => rmSync(socket, { force: true }));
  const over = new AbortController();
  const late = clock.sleep(CONNECT_MS, over.signal).then(() => {
    if (!over.signal.aborted) child.kill('SIGKILL');
  });
  const facts = await readSession(options, child, ended);
  over.abort();
  await late;
  if (facts === null) {
    await clean;
    throw refusal(target, await ended);
  }
  return {
    facts,
    ended,
    ...createSessions(options, socket),
    watch: (url) => void child.stdin?.write(`watch ${url}\n`),
    close: () => {
      // The session there ends with its stdin; ssh that hangs is not waited for.
      child.stdin?.end();
      child.kill('SIGTERM');
    },
  };
};
