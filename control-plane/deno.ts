import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createClock } from './clock.ts';
import { type Fetch, LISTEN_BACKLOG, type Listener } from './embedded/runtime.ts';
import { serveEmbedded } from './embedded/serve.ts';

/** As much of Deno as this file uses. */
declare const Deno: {
  env: { toObject(): Record<string, string> };
  pid: number;
  uid(): number | null;
  serve(
    options: {
      hostname: string;
      port: number;
      tcpBacklog: number;
      signal: AbortSignal;
      onListen(address: { port: number }): void;
    },
    handler: Fetch,
  ): { finished: Promise<void>; shutdown(): Promise<void> };
  addSignalListener(name: 'SIGTERM' | 'SIGINT' | 'SIGHUP', handler: () => void): void;
  kill(pid: number, name: 'SIGKILL'): void;
  exit(status: number): never;
  stderr: { writeSync(bytes: Uint8Array): number };
};

/** Requests that run get so long to end once the server stops. */
const CLOSE_MS = 5000;

const listen = async (fetch: Fetch): Promise<Listener> => {
  const cutOff = new AbortController();
  let onListen = (_address: { port: number }): void => undefined;
  const listening = new Promise<{ port: number }>((resolve) => {
    onListen = resolve;
  });
  const { signal } = cutOff;
  const server = Deno.serve(
    {
      hostname: '127.0.0.1',
      port: 0,
      tcpBacklog: LISTEN_BACKLOG,
      signal,
      onListen: (address) => onListen(address),
    },
    fetch,
  );
  const { port } = await listening;
  const close = async (): Promise<void> => {
    const closed = new AbortController();
    const late = createClock()
      .sleep(CLOSE_MS, closed.signal)
      .then(() => {
        if (!closed.signal.aborted) cutOff.abort();
      });
    await Promise.race([server.shutdown(), late]);
    closed.abort();
  };
  return { port, close };
};

/** Workers run on Node: that of the checkout, else the one in PATH. */
const nodePath = (): string => {
  const own = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
  return existsSync(own) ? own : 'node';
};

const status = await serveEmbedded({
  env: Deno.env.toObject(),
  pid: Deno.pid,
  uid: Deno.uid(),
  nodePath: nodePath(),
  listen,
  onSignal: (handler) => {
    Deno.addSignalListener('SIGTERM', handler);
    Deno.addSignalListener('SIGINT', handler);
    Deno.addSignalListener('SIGHUP', () => undefined);
  },
  // Deno reads the environment's proxies by itself, once.
  useProxies: () => undefined,
  kill: () => Deno.kill(Deno.pid, 'SIGKILL'),
  stderr: (text) => Deno.stderr.writeSync(new TextEncoder().encode(text)),
});
Deno.exit(status);
