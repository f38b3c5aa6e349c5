import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from '../../protocol/client.ts';
import type { Cleanup } from './control-plane.ts';
import { isAlive, killAll, until } from './processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const NODE = [join(ROOT, 'node_modules/node/bin/node'), join(ROOT, 'control-plane/node.ts')];

interface ServerJson {
  pid: number;
  url: string;
  token: string;
  version: string;
  protocol: number;
  startedAt: number;
  id: string;
}

/** An embedded server in a process of its own; everything of its home dies with the test. */
export interface Embedded {
  home: string;
  start(env?: Record<string, string>): ChildProcess;
  /** The status of a server that is expected to end by itself. */
  ended(child: ChildProcess): Promise<number | null>;
  /** Waits until the server of this home serves; not the one of `other`. */
  serving(other?: number): Promise<ServerJson>;
  read(): ServerJson;
  log(): string;
  client(): Client;
}

/** A home for embedded servers. `argv` starts one: control-plane/node.ts where it is left out. */
export const makeEmbedded = (t: Cleanup, argv: readonly string[] = NODE): Embedded => {
  const home = mkdtempSync(join(tmpdir(), 'px-test-'));
  t.after(async () => {
    await killAll(home);
    rmSync(home, { recursive: true, force: true });
  });
  const read = (): ServerJson => JSON.parse(readFileSync(join(home, 'server.json'), 'utf8'));
  const find = (): ServerJson | undefined => {
    try {
      return read();
    } catch {
      return undefined;
    }
  };
  return {
    home,
    start: (env = {}) => {
      const [program = '', ...words] = argv;
      const base = { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: home, PX_HOME: home };
      return spawn(program, words, { env: { ...base, ...env }, stdio: 'ignore', cwd: ROOT });
    },
    ended: async (child) => {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      return child.exitCode;
    },
    serving: (other) =>
      until('a server serves', () => {
        const file = find();
        return file !== undefined && file.pid !== other && isAlive(file.pid) ? file : undefined;
      }),
    read,
    log: () => readFileSync(join(home, 'server.log'), 'utf8'),
    client: () => createClient({ ...read(), fetch }),
  };
};
