import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from '../../protocol/client.ts';
import { isAlive, killAll, type Process, processesOf, signal, until } from './processes.ts';

const ROOT = join(import.meta.dirname, '../..');
/** The program under test, as a user types it. */
export const PX = join(ROOT, 'bin/px');

/** How a px command ended. */
export interface Ended {
  /** As a shell would show it: 128+n after a signal. */
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly elapsedMs: number;
}

/** A px command that runs. */
export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it has said so far. */
  stdout(): Buffer;
  stderr(): string;
  /** Waits for the end; kills it and fails after `timeoutMs`. */
  ended(timeoutMs?: number): Promise<Ended>;
}

export interface StartOptions {
  /** What stdin is: nothing (/dev/null), bytes, an open pipe, or a file descriptor. */
  readonly stdin?: 'ignore' | 'pipe' | number | string | Uint8Array;
  /** Where stdout goes: collected, or a file descriptor. */
  readonly stdout?: 'pipe' | 'ignore' | number;
  readonly cwd?: string;
  /** Added to the environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The whole environment instead. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A session of its own. */
  readonly detached?: boolean;
}

export interface PxOptions {
  /** Written to PX_HOME/settings.json before anything starts. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** For every command, and for the control plane that it starts. */
  readonly env?: Readonly<Record<string, string>>;
  /** Local nodes reach the control plane there instead: a fault proxy. */
  readonly workerUrl?: string;
}

interface ServerFile {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
}

/** A disposable PX_HOME with an empty project beside it. */
export interface Px {
  /** The folder that holds everything below; its path marks every process of this px. */
  readonly folder: string;
  readonly home: string;
  readonly project: string;
  readonly env: Readonly<Record<string, string>>;
  /** Writes a file of the project and returns its path. */
  write(name: string, content: string | Uint8Array): string;
  start(args: readonly string[], options?: StartOptions): Running;
  /** Starts any program in px's environment. */
  startProgram(argv: readonly string[], options?: StartOptions): Running;
  run(args: readonly string[], options?: StartOptions & { timeoutMs?: number }): Promise<Ended>;
  /** `run`, which must succeed. */
  ok(args: readonly string[], options?: StartOptions & { timeoutMs?: number }): Promise<Ended>;
  server(): ServerFile;
  /** The control plane that lives now. */
  serves(): ServerFile | undefined;
  /** The API, as it is reached now. */
  api(): Client;
  processes(): Process[];
  /** Stops everything; fails where `server stop` leaves a process behind. */
  close(): Promise<void>;
}

const statusOf = (
  code: number | null,
  name: NodeJS.Signals | null,
  numbers: Record<string, number>,
) => code ?? 128 + (name === null ? 0 : (numbers[name] ?? 0));

const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGPIPE: 13, SIGTERM: 15 };

const startProgram = (
  argv: readonly string[],
  options: SpawnOptions,
  input?: string | Uint8Array,
) => {
  const startedAt = performance.now();
  const [program = '', ...words] = argv;
  const child = spawn(program, words, options);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (part: Buffer) => stdout.push(part));
  child.stderr?.on('data', (part: Buffer) => stderr.push(part));
  // A child that ends without reading its input is no failure of the test.
  child.stdin?.on('error', () => {});
  if (input !== undefined) child.stdin?.end(input);
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  closed.catch(() => {});
  const said = () => Buffer.concat(stderr).toString();

  const ended = async (timeoutMs = 120_000): Promise<Ended> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        child.kill('SIGKILL');
        const words = argv.join(' ').slice(0, 300);
        reject(
          new Error(
            `\`${words}\` did not end within ${timeoutMs} ms. It said:\n${said().slice(-4000)}`,
          ),
        );
      }, timeoutMs);
    });
    try {
      const [code, name] = await Promise.race([closed, late]);
      return {
        status: statusOf(code, name, SIGNAL_NUMBERS),
        stdout: Buffer.concat(stdout),
        stderr: said(),
        elapsedMs: performance.now() - startedAt,
      };
    } finally {
      clearTimeout(timer);
    }
  };
  return { child, pid: child.pid ?? 0, stdout: () => Buffer.concat(stdout), stderr: said, ended };
};

const readServerFile = (home: string): ServerFile =>
  JSON.parse(readFileSync(join(home, 'server.json'), 'utf8')) as ServerFile;

const isServing = (home: string): ServerFile | undefined => {
  if (!existsSync(join(home, 'server.json'))) return undefined;
  const file = readServerFile(home);
  return isAlive(file.pid) ? file : undefined;
};

const spawnOptions = (
  options: StartOptions,
  defaults: { cwd: string; env: Record<string, string> },
): SpawnOptions => {
  const { stdin = 'ignore' } = options;
  const isInput = typeof stdin === 'string' && stdin !== 'ignore';
  return {
    cwd: options.cwd ?? defaults.cwd,
    env: options.environment ?? { ...defaults.env, ...options.env },
    detached: options.detached ?? false,
    stdio: [
      isInput || stdin instanceof Uint8Array ? 'pipe' : stdin,
      options.stdout ?? 'pipe',
      'pipe',
    ],
  } as SpawnOptions;
};

const inputOf = ({ stdin }: StartOptions): string | Uint8Array | undefined =>
  stdin instanceof Uint8Array ||
  (typeof stdin === 'string' && stdin !== 'ignore' && stdin !== 'pipe')
    ? stdin
    : undefined;

/** Makes a disposable px; the caller closes it. Nothing of the real home or environment is seen. */
export const makePx = (options: PxOptions = {}): Px => {
  const folder = mkdtempSync(join(tmpdir(), 'px-scenario-'));
  // Blanks: whoever forgets quotes somewhere finds out.
  const [home, project, user] = [
    join(folder, 'px home'),
    join(folder, 'a project'),
    join(folder, 'some user'),
  ];
  for (const path of [home, project, user]) mkdirSync(path, { mode: 0o700 });
  if (options.settings !== undefined) {
    writeFileSync(join(home, 'settings.json'), JSON.stringify(options.settings));
  }
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: user,
    PX_HOME: home,
    LANG: 'C.UTF-8',
    ...options.env,
  };
  if (options.workerUrl !== undefined) {
    env.PX_WORKER_SERVER_FILE = join(folder, 'worker-server.json');
    const { workerUrl: url } = options;
    writeFileSync(env.PX_WORKER_SERVER_FILE, JSON.stringify({ url, token: '', pid: process.pid }));
  }
  const start = (argv: readonly string[], startOptions: StartOptions = {}): Running =>
    startProgram(argv, spawnOptions(startOptions, { cwd: project, env }), inputOf(startOptions));
  const run: Px['run'] = (args, runOptions = {}) =>
    start([PX, ...args], runOptions).ended(runOptions.timeoutMs);

  return {
    folder,
    home,
    project,
    env,
    write: (name, content) => {
      const path = join(project, name);
      writeFileSync(path, content);
      return path;
    },
    start: (args, startOptions) => start([PX, ...args], startOptions),
    startProgram: start,
    run,
    ok: async (args, runOptions) => {
      const ended = await run(args, runOptions);
      if (ended.status === 0) return ended;
      throw new Error(
        `\`px ${args.join(' ').slice(0, 300)}\` exited with ${ended.status}:\n${ended.stderr.slice(-4000)}`,
      );
    },
    server: () => readServerFile(home),
    serves: () => isServing(home),
    api: () => {
      const { url, token } = readServerFile(home);
      return createClient({ url, token, fetch });
    },
    processes: () => processesOf(folder),
    close: () =>
      closePx(folder, home, () => run(['server', 'stop', '--force'], { timeoutMs: 30_000 })),
  };
};

const closePx = async (folder: string, home: string, stop: () => Promise<Ended>): Promise<void> => {
  try {
    for (const { pid, state } of processesOf(folder)) if (state === 'T') signal(pid, 'SIGCONT');
    if (isServing(home) !== undefined) {
      await stop();
      await until(
        'no process is left after `px server stop`',
        () => processesOf(folder).length === 0,
        10_000,
      ).catch((error: Error) => {
        const left = processesOf(folder).map(({ pid, command }) => `${pid} ${command}`);
        throw new Error(`${error.message}. Left:\n${left.join('\n')}`);
      });
    }
  } finally {
    await killAll(folder);
    if (process.env.PX_KEEP === undefined) rmSync(folder, { recursive: true, force: true });
  }
};
