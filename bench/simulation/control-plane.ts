import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVER_FLAGS } from '../../cli/server/spawn-server.ts';
import { closeDb, openDb } from '../../control-plane/db/open.ts';
import { insertCluster } from '../../control-plane/store/clusters.ts';
import { insertNode } from '../../control-plane/store/nodes.ts';
import { hashToken, makeToken } from '../../control-plane/token.ts';
import { type Client, createClient } from '../../protocol/client.ts';
import { makeId } from '../../protocol/ids.ts';
import type { Bench } from '../case.ts';
import { createLeanFetch } from './lean-fetch.ts';

/** The cluster of simulated nodes. */
export const CLUSTER = 'simulated';

/** Slots of each simulated node. */
export const SLOTS = 8;

/** Milliseconds of a clock tick of /proc: USER_HZ is 100 on every Linux of today. */
const TICK_MS = 10;

/** A control plane of its own process, as px starts it, with nodes that nobody has made. */
export interface Simulated {
  /** One join token for each node. */
  joinTokens: readonly string[];
  user: Client;
  /** A worker's way to it. */
  connect(token: string): Client;
  /** CPU time of the process so far, in milliseconds. */
  cpuMs(): number;
  /** Peak resident memory of the process so far, in bytes. */
  peakBytes(): number;
  stop(): Promise<void>;
}

/**
 * Writes the cluster into the database before the server starts: through its own API the `local`
 * provider would start a thousand real workers. What these nodes then do is all real.
 */
const seed = (home: string, nodes: number): string[] => {
  const db = openDb(join(home, 'px.db'));
  const at = Date.now();
  const id = makeId('c', randomBytes(10));
  const spec = {
    provider: 'local' as const,
    nodes,
    cpusPerNode: SLOTS,
    idleTimeoutMs: 0,
    maxLifetimeMs: 0,
  };
  insertCluster(db, { id, name: CLUSTER, state: 'up', spec, createdAt: at, activeAt: at });
  const tokens = db.$client.transaction(() =>
    Array.from({ length: nodes }, (_, ordinal) => {
      const token = makeToken(randomBytes);
      insertNode(db, {
        id: makeId('n', randomBytes(10)),
        clusterId: id,
        ordinal,
        name: `${CLUSTER}-${ordinal}`,
        state: 'ready',
        slots: SLOTS,
        joinHash: hashToken(token),
        joinExpiresAt: at + 3_600_000,
        createdAt: at,
      });
      return token;
    }),
  )();
  closeDb(db);
  return tokens;
};

const readServer = async (home: string): Promise<{ url: string; token: string }> => {
  for (;;) {
    try {
      return JSON.parse(await readFile(join(home, 'server.json'), 'utf8'));
    } catch {
      await sleep(20);
    }
  }
};

const cpuOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
};

const peakOf = (pid: number): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1024;

/** Starts a control plane with so many nodes. */
export const startSimulated = async (bench: Bench, nodes: number): Promise<Simulated> => {
  const home = await bench.folder('simulated');
  const joinTokens = seed(home, nodes);
  const entry = join(import.meta.dirname, '..', '..', 'control-plane', 'node.ts');
  const profile = bench.profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${bench.profile}`];
  const child = spawn(process.execPath, [...profile, ...SERVER_FLAGS, entry], {
    cwd: home,
    env: { ...bench.env, PX_HOME: home },
    stdio: 'ignore',
  });
  const { pid = 0 } = child;
  const { url, token } = await readServer(home);
  const lean = createLeanFetch();
  const connect = (own: string): Client => createClient({ url, token: own, fetch: lean.fetch });
  return {
    joinTokens,
    user: connect(token),
    connect,
    cpuMs: () => cpuOf(pid),
    peakBytes: () => peakOf(pid),
    stop: async () => {
      lean.close();
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
};
