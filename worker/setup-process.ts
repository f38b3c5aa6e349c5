import { constants } from 'node:os';
import type { Host } from './host.ts';
import { MARKER } from './process/environment.ts';
import { supervise } from './process/supervise.ts';
import { Tail } from './process/tail.ts';

/** 4 KiB of its output say why a setup failed. */
const TAIL_BYTES = 4 << 10;

/**
 * Runs a setup's text by `sh -e`, so that its first failing line ends it. Its output goes to the
 * worker's log.
 */
export const runSetup = async (
  host: Host,
  env: Record<string, string>,
  text: string,
  cwd: string,
  signal: AbortSignal,
): Promise<{ failure: string | null; tail: string }> => {
  const marker = host.newMarker();
  const tail = new Tail(TAIL_BYTES, (bytes) => host.log.raw(bytes));
  const args = ['-e', '-c', text, 'px-setup'];
  host.log.info('setup begins', { cwd });
  const process = await supervise(host, {
    command: () => Promise.resolve({ file: '/bin/sh', args, cwd }),
    plain: null,
    asWorker: true,
    env: { job: env, own: { [MARKER]: marker } },
    marker,
    stdin: null,
    stdout: tail,
    stderr: tail,
  });
  const stop = (): void => {
    process.end().catch(() => undefined);
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const exit = await process.ended;
  signal.removeEventListener('abort', stop);
  host.log.info('setup ended', { ...exit });
  if (exit.signal !== null) {
    const failure = `was killed by ${exit.signal} (${constants.signals[exit.signal]})`;
    return { failure, tail: tail.text() };
  }
  return { failure: exit.code === 0 ? null : `ended with status ${exit.code}`, tail: tail.text() };
};
