import { randomBytes } from 'node:crypto';
import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { PxError } from '../../protocol/errors.ts';
import { createApp } from '../app.ts';
import { type Clock, createClock } from '../clock.ts';
import { createDeps } from '../create-deps.ts';
import { acquireLock } from '../db/lock.ts';
import { closeDb, type Db, openDb } from '../db/open.ts';
import { watchWrites } from '../db/watch-writes.ts';
import type { Deps } from '../deps.ts';
import { parseEnv, type ServerEnv } from '../env.ts';
import { translate } from '../failures.ts';
import { faultPointOf } from '../fault-point.ts';
import { allHandlers } from '../handlers.ts';
import { identityOf, renewIdentity } from '../identity.ts';
import { createLog, type Log } from '../log.ts';
import { createLogWriter } from '../log-file.ts';
import { startLoops } from '../loops.ts';
import { createMachines, type Machines } from '../machines/machines.ts';
import { createRuntime } from '../machines/runtime.ts';
import { createGcpProvider } from '../providers/gcp/gcp.ts';
import { createLocalProvider } from '../providers/local/local.ts';
import { createSshProvider } from '../providers/ssh/ssh.ts';
import type { Settings } from '../settings.ts';
import { readSettings } from '../settings-file.ts';
import { listLiveClusters } from '../store/clusters.ts';
import { cleanEnv } from './clean-env.ts';
import { ensureClientToken } from './client-token.ts';
import { createGate } from './gate.ts';
import { prepareHome } from './home.ts';
import { DATABASE } from './lifetime.ts';
import { isCopiedHome, takePlace } from './place.ts';
import type { Runtime } from './runtime.ts';
import { keepServerFile, removeServerFile } from './server-file.ts';

interface Start {
  runtime: Runtime;
  env: ServerEnv;
  clock: Clock;
  log: Log;
}

const openLog = (runtime: Runtime, home: string, clock: Clock): Log => {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const path = join(home, 'server.log');
    return createLog(clock, createLogWriter(path, openSync(path, 'a', 0o600)), 'server');
  } catch {
    return createLog(clock, (line) => runtime.stderr(line), 'server');
  }
};

/** What lets machines elsewhere take part: their connections, and the gate through which they come. */
const makeFarSide = ({ runtime, env: { home }, clock, log }: Start, settings: Settings) => {
  const gate = createGate(runtime);
  const { nodePath } = runtime;
  const env = cleanEnv(runtime.env);
  const machines = createMachines({
    ...{ home, clock, env, port: gate.port, silentMs: settings.tunnelLossMs },
    log: log.child('machines'),
    random: (count) => randomBytes(count),
    runtime: createRuntime({
      ...{ folder: join(home, 'cache', 'machines'), nodePath, env, fetch },
      nodeUrl: settings.nodeUrl,
    }),
  });
  return { gate, machines };
};

const makeDeps = (
  { runtime, env, clock, log }: Start,
  stopping: AbortController,
  settings: Settings,
  machines: Machines,
): Deps => {
  const { home } = env;
  const serverFile = env.workerServerFile ?? join(home, 'server.json');
  const { PX_FAULT_POINT: _, ...workerEnv } = cleanEnv(runtime.env);
  const faultPoint = faultPointOf(env, runtime.kill);
  const db = openDb(join(home, DATABASE));
  if (faultPoint !== null) watchWrites(db.$client, faultPoint);
  const deps: Deps = createDeps({
    home,
    db,
    clock,
    log,
    settings,
    server: {
      pid: runtime.pid,
      startedAt: clock.now(),
      loopback: true,
      signal: stopping.signal,
      stop: () => stopping.abort(),
    },
    providers: [
      createLocalProvider({
        ...{ home, clock, nodePath: runtime.nodePath, env: workerEnv, serverFile },
        sharesFiles: env.workerServerFile === null,
      }),
      createSshProvider({ home, clock, env: workerEnv, machines }),
      createGcpProvider({
        ...{ home, clock, machines, env: workerEnv, tools: { clock, env: workerEnv } },
        ...{ url: settings.gcpUrl, fetch, random: (count) => randomBytes(count) },
        controlPlane: () => identityOf(deps.db, deps.random),
        settleMs: settings.settleMs,
        rank: (wanted) => deps.pricing.rankForCluster(wanted),
      }),
    ],
    fatal: (error) => {
      log.error('The server ends: nobody knows what is durable.', { stack: error.stack });
      runtime.kill();
    },
    isCopy: settlePlace(home, db, log),
    faultPoint,
    env: runtime.env,
    useProxies: runtime.useProxies,
  });
  return deps;
};

/** Whether what stands in the database is another control plane's: a copy without clusters is a new one. */
const settlePlace = (home: string, db: Db, log: Log): boolean => {
  if (!isCopiedHome(home)) return false;
  if (listLiveClusters(db).length > 0) {
    log.warn('PX_HOME is a copy: its clusters are left to the one that it was copied from.');
    return true;
  }
  renewIdentity(db, (count) => randomBytes(count));
  takePlace(home);
  log.info('PX_HOME is a copy without clusters: this control plane has an id of its own.');
  return false;
};

/** What may come through a tunnel. */
const FAR_ROLES = ['join', 'node'] as const;

const serveUntil = async (
  start: Start,
  deps: Deps,
  { gate, machines }: ReturnType<typeof makeFarSide>,
  stopping: AbortSignal,
): Promise<void> => {
  const { runtime, env, log } = start;
  const token = ensureClientToken(env.home, deps);
  const app = createApp(deps, allHandlers(deps));
  gate.serve(createApp(deps, allHandlers(deps), FAR_ROLES).fetch);
  const listener = await runtime.listen(app.fetch);
  const url = `http://127.0.0.1:${listener.port}`;
  const facts = { url, token, id: identityOf(deps.db, deps.random) };
  keepServerFile(env.home, deps.server, facts, { clock: deps.clock, signal: stopping });
  log.info('The server listens.', { url });
  const loops = startLoops(deps);
  await new Promise<void>((resolve) => {
    if (stopping.aborted) resolve();
    stopping.addEventListener('abort', () => resolve(), { once: true });
  });
  // Who looks for a server from now on starts the next one, which waits for the lock.
  removeServerFile(env.home, runtime.pid);
  await Promise.all([loops.stop(), listener.close(), machines.close(), gate.close()]);
  deps.pricing.close();
  closeDb(deps.db);
  log.info('The server has ended.');
};

/** A proxy that is none is told to whom asks for something of the internet; the rest works without. */
const useOwnProxies = (runtime: Runtime, log: Log): void => {
  try {
    runtime.useProxies(runtime.env);
  } catch (cause) {
    log.warn(cause instanceof Error ? cause.message : String(cause));
  }
};

const failure = (log: Log, pid: number, thrown: unknown): number => {
  const cause = translate(thrown);
  const known = cause instanceof PxError;
  const { code, hint } = known ? cause : { code: 'server_failed', hint: null };
  const message = cause instanceof Error ? cause.message : String(cause);
  const stack = cause instanceof Error && !known ? { stack: cause.stack } : {};
  log.error('The server did not start.', { pid, code, reason: message, hint, ...stack });
  return 1;
};

/**
 * The life of an embedded control plane, from the lock to the last commit. Resolves to its exit
 * status: 0 also where another one serves already.
 */
export const serveEmbedded = async (runtime: Runtime): Promise<number> => {
  const clock = createClock();
  const env = parseEnv(runtime.env);
  const log = openLog(runtime, env.home, clock);
  try {
    prepareHome(env.home, runtime.uid);
    const lock = acquireLock(join(env.home, 'server.lock'));
    if (lock === null) return 0;
    useOwnProxies(runtime, log);
    const stopping = new AbortController();
    runtime.onSignal(() => stopping.abort());
    const start = { runtime, env, clock, log };
    const settings = readSettings(env.home);
    const far = makeFarSide(start, settings);
    const deps = makeDeps(start, stopping, settings, far.machines);
    await serveUntil(start, deps, far, stopping.signal);
    lock.release();
    return 0;
  } catch (cause) {
    return failure(log, runtime.pid, cause);
  }
};
