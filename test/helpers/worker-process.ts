import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { FakeControlPlane } from './fake-control-plane.ts';
import { killAll, processesOf } from './processes.ts';

const MAIN = join(import.meta.dirname, '../../worker/main.ts');

/** Where the runner keeps what it compiled, too. */
const CACHE = join(import.meta.dirname, '../../node_modules/.cache/px-test');

/** A worker daemon in a directory of its own. */
interface WorkerProcess {
  pid: number;
  dir: string;
  child: ChildProcess;
  exited: Promise<number | null>;
  log(): string;
  /** Living processes that the worker has started, its guard apart. */
  jobProcesses(): number[];
}

interface WorkerOptions {
  url?: string;
  serverFile?: string;
  joinToken: string;
  slots?: number;
  aloneMs?: number;
  dir?: string;
  main?: string;
  env?: Record<string, string>;
}

/** Starts a worker; at the end of the test nothing of it is left. */
export const startWorker = (t: TestContext, options: WorkerOptions): WorkerProcess => {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'px-worker-'));
  const child = spawn(process.execPath, ['--max-semi-space-size=1', options.main ?? MAIN], {
    stdio: ['pipe', 'ignore', 'inherit'],
    env: {
      NODE_COMPILE_CACHE: CACHE,
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      ...options.env,
    },
  });
  const { url, serverFile, joinToken, slots = 2, aloneMs } = options;
  child.stdin?.end(`${JSON.stringify({ dir, slots, joinToken, url, serverFile, aloneMs })}\n`);
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const jobProcesses = (): number[] =>
    processesOf(dir)
      .filter(({ pid, command }) => pid !== child.pid && !command.includes('px-guard'))
      .map(({ pid }) => pid);
  t.after(async () => {
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 3000);
    await exited;
    clearTimeout(late);
    await killAll(dir);
    rmSync(dir, { recursive: true, force: true });
  });
  return {
    pid: child.pid ?? 0,
    dir,
    child,
    exited,
    jobProcesses,
    log: () => readFileSync(join(dir, 'worker.log'), 'utf8'),
  };
};

/** A fake control plane with a worker that has joined it. */
export const startBoth = async (
  t: TestContext,
  change: (plane: FakeControlPlane) => void = () => undefined,
  options: Partial<WorkerOptions> = {},
): Promise<{ plane: FakeControlPlane; worker: WorkerProcess }> => {
  const plane = new FakeControlPlane();
  change(plane);
  await plane.listen();
  const worker = startWorker(t, { url: plane.url, joinToken: plane.joinToken, ...options });
  t.after(() => plane.close());
  await plane.until(() => plane.count('workerClaim') > 0, 15_000, 'the first claim');
  return { plane, worker };
};
