import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Vm } from '../cloud.ts';
import { createMetadataNamespace, type Network } from './network.ts';

const ROOT = '/computeMetadata/v1/instance/';
const LOOK_EVERY_MS = 50;

const readValue = (vm: Vm, path: string): string | undefined => {
  if (path.startsWith('attributes/')) return vm.metadata[path.slice('attributes/'.length)];
  const values: Record<string, string> = {
    id: vm.id,
    name: vm.name,
    zone: `projects/1/zones/${vm.zone}`,
    preempted: vm.preempted ? 'TRUE' : 'FALSE',
  };
  return values[path];
};

const isOn = (value: string | undefined): boolean => /^true$/i.test(value ?? '');

const answer = async (vm: Vm, request: IncomingMessage, response: ServerResponse) => {
  const url = new URL(request.url ?? '/', 'http://metadata');
  const end = (status: number, words: string): void => {
    response.writeHead(status, { 'metadata-flavor': 'Google', 'content-type': 'application/text' });
    response.end(words);
  };
  if (request.headers['metadata-flavor'] !== 'Google') {
    return end(403, 'Missing Metadata-Flavor:Google header.');
  }
  const path = url.pathname.startsWith(ROOT) ? url.pathname.slice(ROOT.length) : '';
  if (request.method === 'PUT' && path.startsWith('guest-attributes/')) {
    if (!isOn(vm.metadata['enable-guest-attributes'])) return end(404, 'Guest attributes are off.');
    vm.guestAttributes.set(path.slice('guest-attributes/'.length), await text(request));
    return end(200, '');
  }
  const before = readValue(vm, path);
  if (url.searchParams.get('wait_for_change') !== 'true') {
    return before === undefined ? end(404, 'Not Found') : end(200, before);
  }
  const seconds = Number(url.searchParams.get('timeout_sec') ?? Number.POSITIVE_INFINITY);
  const from = performance.now();
  const timer = setInterval(() => {
    const now = readValue(vm, path);
    if (now !== before || performance.now() - from > seconds * 1000) end(200, now ?? '');
  }, LOOK_EVERY_MS);
  response.on('close', () => clearInterval(timer));
};

/** Opens 169.254.169.254:80 in a network namespace, for this process to answer at. */
const listenIn = async (namespace: string): Promise<Server> => {
  const script = join(import.meta.dirname, 'listen-here.mjs');
  const child = spawn('nsenter', [`--net=${namespace}`, process.execPath, script], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [, handle] = (await once(child, 'message')) as [string, Server];
  return handle;
};

/**
 * Serves the metadata of all machines of a network; who asks is told by the address that it asks from.
 *
 * @param inside what addresses of machines begin with
 */
export const serveMetadata = async (
  network: Network,
  inside: string,
  machineAt: (ip: string) => Vm | undefined,
): Promise<{ close(): Promise<void> }> => {
  const namespace = await createMetadataNamespace(network, inside);
  const handle = await listenIn(namespace.path);
  const server = createServer((request, response) => {
    const vm = machineAt(request.socket.remoteAddress ?? '');
    if (vm === undefined) request.socket.destroy();
    else void answer(vm, request, response);
  });
  server.listen(handle);
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    handle.close();
    await namespace.close();
  };
  return { close };
};
