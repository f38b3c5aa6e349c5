import { spawn } from 'node:child_process';
import { chmodSync, closeSync, existsSync, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cleanEnv } from '../../control-plane/embedded/clean-env.ts';
import { MALLOC_ENV } from '../../control-plane/embedded/malloc-env.ts';
import { PxError } from '../../protocol/errors.ts';
import { makeFolder } from '../make-folder.ts';

/** A server that was started; whether it will serve is not known yet. */
export interface Spawned {
  pid: number | undefined;
  /** Length of server.log before it started: what it says itself stands behind. */
  logStart: number;
  /** Its exit status once it has ended, 0 where it was killed; else null. */
  status(): number | null;
}

export type SpawnServer = (
  home: string,
  env: Readonly<Record<string, string | undefined>>,
) => Spawned;

/**
 * 4 MiB a half of the young heap. Left alone it grows to 48 MiB under a stream, a price list or the
 * output of a job, and is hardly ever given back: a price list took 60 MB more, and no less time.
 */
const YOUNG_HEAP = '--max-semi-space-size=4';

/** Node's options for a server; its entry file follows. */
export const SERVER_FLAGS = ['--disable-warning=ExperimentalWarning', YOUNG_HEAP];

/** control-plane/node.ts of a checkout, its .js in a package: dist/ mirrors the sources. */
const serverEntry = (): string => {
  const source = fileURLToPath(new URL('../../control-plane/node.ts', import.meta.url));
  return existsSync(source) ? source : source.replace(/\.ts$/, '.js');
};

/**
 * For Nodes that cannot be told of proxies while they run (control-plane/node.ts): they read them at
 * their start, and do not start where an address is none.
 */
const envProxy = (env: Readonly<Record<string, string | undefined>>): Record<string, string> => {
  if (process.getBuiltinModule('node:http').setGlobalProxyFromEnv !== undefined) return {};
  const proxies = Object.entries(env).filter(([name]) => /^https?_proxy$/i.test(name));
  const isSound = proxies.every(([, url]) => !url || URL.canParse(url));
  return proxies.length > 0 && isSound ? { NODE_USE_ENV_PROXY: '1' } : {};
};

const openLog = (home: string): number => {
  try {
    makeFolder(home, 0o700);
    const log = openSync(join(home, 'server.log'), 'a', 0o600);
    chmodSync(home, 0o700);
    return log;
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new PxError('bad_config', `PX_HOME cannot be written: ${words}`, {
      hint: 'export PX_HOME=/path/to/a/folder/of/yours',
      cause,
    });
  }
};

/**
 * Starts the embedded server in a session of its own, with a clean environment and its words in
 * PX_HOME/server.log. Throws `bad_config` where PX_HOME cannot be made.
 */
export const spawnServer: SpawnServer = (home, env) => {
  const log = openLog(home);
  try {
    const logStart = fstatSync(log).size;
    const child = spawn(process.execPath, [...SERVER_FLAGS, serverEntry()], {
      cwd: home,
      detached: true,
      env: {
        ...cleanEnv(env),
        ...MALLOC_ENV,
        PX_HOME: home,
        ...envProxy(env),
        // Node keeps its compiled code there; the server does not hand this on.
        NODE_COMPILE_CACHE: join(home, 'cache', 'compile'),
      },
      stdio: ['ignore', log, log],
    });
    let status: number | null = null;
    child.on('error', () => {
      status = 1;
    });
    child.on('exit', (code) => {
      // One that a signal killed says nothing against another try, as one that lost the race.
      status = code ?? 0;
    });
    child.unref();
    return { pid: child.pid, logStart, status: () => status };
  } finally {
    closeSync(log);
  }
};
