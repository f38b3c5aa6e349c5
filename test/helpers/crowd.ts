import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Cleanup } from './control-plane.ts';
import { signal, until } from './processes.ts';

/** More than the 511 that the runtimes' own backlog holds. */
const MANY = 1000;

/** How many connections the system lets wait. */
const systemAllows = (): number =>
  Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8').trim());

/**
 * Connects a thousand times to a server that is too busy to accept (it is stopped meanwhile), as nodes do
 * that all lost it. Fails where one has to try again.
 */
export const assertHoldsCrowd = async (
  t: Cleanup,
  { url, pid }: { url: string; pid: number },
): Promise<void> => {
  const wanted = Math.min(MANY, systemAllows());
  const { port, hostname } = new URL(url);
  let connected = 0;
  signal(pid, 'SIGSTOP');
  const sockets = Array.from({ length: wanted }, () =>
    connect(Number(port), hostname)
      .on('connect', () => {
        connected += 1;
      })
      .on('error', () => undefined),
  );
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  try {
    await until(`${wanted} connections wait`, () => connected === wanted, 5_000);
  } finally {
    signal(pid, 'SIGCONT');
  }
};
