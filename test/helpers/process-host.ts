import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { utf8 } from '../../protocol/bytes.ts';
import { systemClock } from '../../worker/clock.ts';
import { commandLine } from '../../worker/process/command-line.ts';
import { MARKER } from '../../worker/process/environment.ts';
import { Fifos } from '../../worker/process/fifos.ts';
import type { Invocation } from '../../worker/process/invocation.ts';
import { plainCommand } from '../../worker/process/shell/plain.ts';
import { Shells } from '../../worker/process/shell/shells.ts';
import type { Exit } from '../../worker/process/start.ts';
import { type Supervisor, supervise } from '../../worker/process/supervise.ts';
import type { Supervised } from '../../worker/process/supervised.ts';
import { startGuard } from '../../worker/tree/guard.ts';
import { createSweeper } from '../../worker/tree/sweeper.ts';
import { until } from './processes.ts';

/** What an invocation came to. */
interface Ran extends Exit {
  stdout: Buffer;
  stderr: Buffer;
  /** Whether a shell that was there already ran it. */
  isQuick: boolean;
}

interface Running {
  process: Supervised;
  /** What it has written until now. */
  written: { stdout: Buffer; stderr: Buffer };
  done: Promise<Ran>;
}

/** The part of a worker that runs processes, in a directory of its own. */
interface ProcessWorld {
  dir: string;
  host: Supervisor;
  env: Record<string, string>;
  start(words: readonly (string | Uint8Array)[], env?: Record<string, string>): Promise<Running>;
  run(words: readonly (string | Uint8Array)[], env?: Record<string, string>): Promise<Ran>;
  /** The same, again until a shell that was there has run it: a busy machine makes all else long. */
  quick(words: readonly (string | Uint8Array)[], env?: Record<string, string>): Promise<Ran>;
}

let prefixes = 0;

/** `exec "$@"` with these words, as a worker makes it of an argv. */
const argvOf = (words: readonly (string | Uint8Array)[]): Invocation => ({
  kind: 'words',
  words: ['/bin/sh', '-c', 'exec "$@"', 'px', ...words].map((word) =>
    typeof word === 'string' ? utf8(word) : word,
  ),
});

const collect = (): { text: () => Buffer; sink: Parameters<typeof supervise>[1]['stdout'] } => {
  const pieces: Buffer[] = [];
  const write = (bytes: Uint8Array): void => {
    pieces.push(Buffer.from(bytes));
  };
  const sink = { write, full: false, onRoom: (call: () => void) => call() };
  return { text: () => Buffer.concat(pieces), sink };
};

/** Starts it; at the end of the test nothing of it is left. */
export const startProcessWorld = async (
  t: TestContext,
  { isTriedAgain = true } = {},
): Promise<ProcessWorld> => {
  const dir = mkdtempSync(join(tmpdir(), 'px-shells-'));
  const fifos = new Fifos(join(dir, 'fifos'));
  await fifos.prepare();
  prefixes += 1;
  const prefix = `test${process.pid}x${prefixes}`;
  let markers = 0;
  const newMarker = (): string => {
    markers += 1;
    return `${prefix}.${markers}`;
  };
  const processes = {
    clock: systemClock,
    fifos,
    user: null,
    nullFd: openSync('/dev/null', 'r'),
    guard: startGuard(prefix),
    sweeper: createSweeper(prefix, systemClock),
    newMarker,
  };
  const host = { ...processes, shells: new Shells(processes) };
  t.after(async () => {
    host.shells.close();
    await host.sweeper.sweep();
    host.guard.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const env = { PATH: process.env.PATH ?? '', HOME: dir };
  const start: ProcessWorld['start'] = async (words, own = {}) => {
    const marker = newMarker();
    const out = collect();
    const err = collect();
    const invocation = argvOf(words);
    const started = await supervise(host, {
      command: () => commandLine(invocation, utf8(dir), () => join(dir, marker)),
      plain: plainCommand(invocation, utf8(dir), isTriedAgain),
      env: { job: env, own: { ...own, [MARKER]: marker } },
      marker,
      stdin: null,
      stdout: out.sink,
      stderr: err.sink,
    });
    const written = {
      get stdout() {
        return out.text();
      },
      get stderr() {
        return err.text();
      },
    };
    const isQuick = started.session.isShell;
    const done = started.ended.then(({ code, signal }) => ({ code, signal, ...written, isQuick }));
    return { process: started, written, done };
  };
  const run: ProcessWorld['run'] = async (words, own) => await (await start(words, own)).done;
  const quick: ProcessWorld['quick'] = async (words, own) =>
    await until('a shell that was there has run it', async () => {
      const ran = await run(words, own);
      if (!ran.isQuick) await run(['true']);
      return ran.isQuick ? ran : undefined;
    });
  return { dir, host, env, start, run, quick };
};

/** The same, warm: its invocations were short, and the shell has shown that it can be relied on. */
export const startWarmWorld = async (
  t: TestContext,
  options: { isTriedAgain?: boolean } = {},
): Promise<ProcessWorld> => {
  const world = await startProcessWorld(t, options);
  await until(
    'a shell runs what is short',
    async () => (await world.run(['true'])).isQuick,
    10_000,
  );
  return world;
};
