import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PxError } from '../../../protocol/errors.ts';

/** What a worker is started with. */
interface WorkerStart {
  /** A Node that runs the sources. */
  nodePath: string;
  /** The clean environment of the control plane. */
  env: Readonly<Record<string, string>>;
  /** The node's own directory. */
  dir: string;
  logFile: string;
  /** Stands in the command line, so that the process can be found without its pid. */
  marker: string;
  /** Goes through stdin: argv and environment can be read by others. */
  bootstrap: unknown;
}

/**
 * 4 MiB a half of the young heap: much passes through a worker and little stays; 1 MiB took a fifth of its
 * time. The heap is collected once it has grown by a fifth: left alone it grows by tens of MB, for nothing
 * that showed in its time (100,000 short invocations: 130 MB at the most instead of 180).
 */
const NODE_FLAGS = ['--max-semi-space-size=4', '--heap-growing-percent=20'];

/** worker/main.ts of a checkout, worker/main.js of a package: dist/ mirrors the sources. */
const workerEntry = (): string => {
  const source = fileURLToPath(new URL('../../../worker/main.ts', import.meta.url));
  return existsSync(source) ? source : source.replace(/\.ts$/, '.js');
};

const refusal = (cause: unknown): PxError =>
  new PxError(
    'provider_refused',
    `The worker did not start: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      hint: 'px doctor',
      cause,
    },
  );

/** Starts a worker in a session of its own; it lives on when the control plane ends. Returns its pid. */
export const startWorker = async (start: WorkerStart): Promise<number> => {
  const log = openSync(start.logFile, 'a', 0o600);
  try {
    const child = spawn(start.nodePath, [...NODE_FLAGS, workerEntry(), start.marker], {
      cwd: start.dir,
      env: start.env,
      detached: true,
      stdio: ['pipe', log, log],
    });
    // Listened to before anything is awaited: an error that nobody hears ends the process.
    child.stdin?.on('error', () => undefined);
    await once(child, 'spawn');
    child.stdin?.end(`${JSON.stringify(start.bootstrap)}\n`);
    child.unref();
    if (child.pid === undefined) throw new Error('it has no pid');
    return child.pid;
  } catch (cause) {
    throw refusal(cause);
  } finally {
    closeSync(log);
  }
};
