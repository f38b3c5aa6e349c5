import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Bench, Case, Row } from '../case.ts';
import { type Own, ownRow, rivalRow } from '../rivals.ts';
import { freePort, startSshd } from '../sshd.ts';

const MB = 1e6;
const BYTES = 1e9;
const QUICK_BYTES = 20e6;

const rate = (bytes: number, ms: number): string => `${Math.round(bytes / MB / (ms / 1000))} MB/s`;

/** A server that reads whatever comes; its port. */
const startSink = async (): Promise<{ port: number; close: () => void }> => {
  const server = createServer((socket) => void socket.on('error', () => undefined).resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { port, close: () => void server.close() };
};

/** Bytes of a node elsewhere on their way to its control plane, through the reverse tunnel alone. */
export const tunnel: Case = {
  name: 'tunnel',
  run: async (bench: Bench): Promise<Row[]> => {
    const size = bench.quick ? QUICK_BYTES : BYTES;
    const ssh = await startSshd(bench);
    const what = `ssh -R, ${size / MB} MB`;
    const own: Own = { case: 'tunnel', what, ms: 0, goal: '>= 40 MB/s', note: '' };
    if (ssh === null) return [{ ...ownRow(own), ms: null, note: 'sshd is not installed here' }];
    const sink = await startSink();
    try {
      const host = ssh.command.at(-1) ?? '';
      const port = await freePort();
      const way = ['-R', `127.0.0.1:${port}:127.0.0.1:${sink.port}`];
      const push = `bash -c 'head -c ${size} /dev/zero > /dev/tcp/127.0.0.1/${port}'`;
      const command = [...ssh.command.slice(0, -1), ...way, host, push];
      const ms = await bench.median(command, {});
      const pipe = [...ssh.command, `head -c ${size} /dev/zero`];
      const cat = await bench.median(pipe, {});
      const measured = { ...own, ms, note: rate(size, ms) };
      return [ownRow(measured), rivalRow(measured, 'ssh localhost cat', cat, rate(size, cat))];
    } finally {
      sink.close();
      await ssh.close();
    }
  },
};
