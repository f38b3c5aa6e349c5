import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Bench, Run, RunOptions } from './case.ts';
import { now } from './clock.ts';
import { middle } from './figures.ts';
import { installPx } from './installed.ts';
import { watchMemory } from './memory.ts';

/** Node's own `node_modules/.bin` is first on the PATH under npm; rivals must see the user's. */
const userPath = (path: string): string =>
  path
    .split(delimiter)
    .filter((part) => !part.includes('node_modules'))
    .join(delimiter);

/** 64 KiB of text are enough to see what went wrong. */
const TAIL_CHARS = 65_536;

const collect = (stream: NodeJS.ReadableStream | null): (() => string) => {
  let text = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (piece: string) => {
    text = (text + piece).slice(-TAIL_CHARS);
  });
  return () => text;
};

const runWith =
  (env: Record<string, string>) =>
  async (command: readonly string[], options: RunOptions): Promise<Run> => {
    const [program = '', ...args] = command;
    const input = options.stdin === undefined ? null : await open(options.stdin, 'r');
    const output = options.stdout === undefined ? null : await open(options.stdout, 'w');
    const start = now();
    const child = spawn(program, args, {
      env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdio: [input?.fd ?? 'ignore', output?.fd ?? 'pipe', 'pipe'],
    });
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    const status = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? 255));
    });
    const ms = now() - start;
    await input?.close();
    await output?.close();
    if (status !== 0 && options.allow?.includes(status) !== true) {
      throw new Error(`${command.join(' ')} exited ${status}:\n${stderr()}`);
    }
    return { ms, status, stdout: stdout(), stderr: stderr() };
  };

/** Makes the bench's world: a PX_HOME of its own under the temp folder. `close` leaves nothing behind. */
export const openWorld = async (
  outer: Record<string, string | undefined>,
  options: Pick<Bench, 'quick' | 'rounds' | 'profile'>,
): Promise<Bench & { close(): Promise<void> }> => {
  const base = await mkdtemp(join(tmpdir(), 'px-bench-'));
  const home = join(base, 'home');
  const env: Record<string, string> = {
    PATH: userPath(outer.PATH ?? '/usr/bin:/bin'),
    HOME: outer.HOME ?? base,
    LANG: 'C.UTF-8',
    PX_HOME: home,
  };
  const run = runWith(env);
  const px = await installPx(join(base, 'px'));
  const memory = watchMemory(home);
  let folders = 0;
  return {
    ...options,
    px,
    env,
    run,
    folder: async (name) => mkdtemp(join(base, `${name}-${folders++}-`)),
    median: async (command, { prepare, ...rest }) => {
      const times: number[] = [];
      for (let round = 0; round < options.rounds; round++) {
        await prepare?.();
        times.push((await run(command, rest)).ms);
      }
      return middle(times);
    },
    has: async (program) =>
      (await run(['sh', '-c', `command -v ${program}`], { allow: [1, 127] })).status === 0,
    peaks: memory.take,
    close: async () => {
      memory.stop();
      const up: unknown = JSON.parse(
        (await run([px, 'cluster', 'ls', '--json'], { allow: [125] })).stdout || '{}',
      );
      for (const name of namesOf(up)) {
        await run([px, 'cluster', 'down', name, '--force', '-y'], { allow: [125] });
      }
      await run([px, 'server', 'stop'], { allow: [125] });
      await rm(base, { recursive: true, force: true });
    },
  };
};

const namesOf = (value: unknown): string[] => {
  const items =
    typeof value === 'object' && value !== null && 'items' in value ? value.items : value;
  if (!Array.isArray(items)) return [];
  return items.flatMap((item: unknown) =>
    typeof item === 'object' && item !== null && 'name' in item ? [String(item.name)] : [],
  );
};

/** Writes what a program prints into a file (inputs of cases). */
export const writeFrom = async (command: readonly string[], file: string): Promise<void> => {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await pipeline(child.stdout, createWriteStream(file));
};

/** Lines of a file, counted without holding them. */
export const countLines = async (file: string): Promise<number> => {
  let lines = 0;
  for await (const piece of createReadStream(file)) {
    if (Buffer.isBuffer(piece)) for (const byte of piece) if (byte === 10) lines++;
  }
  return lines;
};
