import { once } from 'node:events';
import * as http from 'node:http';
import { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { createClock } from './clock.ts';
import { loadDrizzleAsCommonJs } from './embedded/commonjs.ts';
import { createUseProxies } from './embedded/proxies.ts';
import { type Fetch, LISTEN_BACKLOG, type Listener } from './embedded/runtime.ts';

/** Who opens a connection and sends nothing does not hold it for long. */
const HEADERS_TIMEOUT_MS = 30_000;
/** Longer than the longest long poll, so that a worker's connection is used again. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
/** Requests that run get so long to end once the server stops. */
const CLOSE_MS = 5000;
const CLOSE_LOOK_EVERY_MS = 20;

const close = async (server: Server): Promise<void> => {
  const clock = createClock();
  const closed = new AbortController();
  server.on('close', () => closed.abort());
  server.close();
  const until = clock.monotonic() + CLOSE_MS;
  while (!closed.signal.aborted) {
    // A connection that carried an answer meanwhile would be kept for the next request.
    if (clock.monotonic() < until) server.closeIdleConnections();
    else server.closeAllConnections();
    await clock.sleep(CLOSE_LOOK_EVERY_MS, closed.signal);
  }
};

const listen = async (fetch: Fetch): Promise<Listener> => {
  const server = createAdaptorServer({
    fetch,
    serverOptions: {
      // A slow body is the sender's affair; its size is bounded by its route.
      requestTimeout: 0,
      headersTimeout: HEADERS_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    },
  });
  if (!(server instanceof Server)) throw new Error('Expected an HTTP/1.1 server.');
  server.listen({ host: '127.0.0.1', port: 0, backlog: LISTEN_BACKLOG });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, close: () => close(server) };
};

// Node 22 has none: there NODE_USE_ENV_PROXY counts (cli/server/spawn-server.ts).
const useProxies = createUseProxies(
  (proxies) => http.setGlobalProxyFromEnv?.(proxies) ?? (() => undefined),
);

loadDrizzleAsCommonJs();
const { serveEmbedded } = await import('./embedded/serve.ts');
process.exitCode = await serveEmbedded({
  env: process.env,
  pid: process.pid,
  uid: process.getuid?.() ?? null,
  nodePath: process.execPath,
  listen,
  onSignal: (handler) => {
    process.on('SIGTERM', handler);
    process.on('SIGINT', handler);
    // A terminal that closes is none of its business.
    process.on('SIGHUP', () => undefined);
  },
  useProxies,
  kill: () => process.kill(process.pid, 'SIGKILL'),
  stderr: (text) => process.stderr.write(text),
});
process.exit();
