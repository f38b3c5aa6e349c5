import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Cleanup } from '../helpers/control-plane.ts';

interface Proxy {
  url: string;
  /** `host:port` of every tunnel that was asked for. */
  tunnels: string[];
}

/**
 * A company's proxy: it alone reaches the hosts in `routes` (`host:port` to a local port), by CONNECT;
 * any other host is forbidden.
 */
export const startProxy = async (t: Cleanup, routes: Record<string, number>): Promise<Proxy> => {
  const tunnels: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_, response) => response.writeHead(405).end());
  server.on('connect', (request, client: Socket) => {
    const host = request.url ?? '';
    tunnels.push(host);
    client.on('error', () => undefined);
    const port = routes[host];
    if (port === undefined) {
      client.end('HTTP/1.1 403 Forbidden by the company\r\n\r\n');
      return;
    }
    const target = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.pipe(client).pipe(target);
    });
    target.on('error', () => client.destroy());
    for (const socket of [client, target]) sockets.add(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, tunnels };
};
