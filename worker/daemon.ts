import { openSync, readFileSync } from 'node:fs';
import { chmod, mkdir, stat } from 'node:fs/promises';
import { arch, availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import type { HttpFetch } from '../protocol/client.ts';
import { type JoinReply, REPORT_FILE } from '../protocol/messages/worker.ts';
import { PROTOCOL, VERSION } from '../protocol/version.ts';
import { BlobCache } from './bundle/blobs.ts';
import { Bundles } from './bundle/bundles.ts';
import { TreePool } from './bundle/pool.ts';
import { removeAll } from './bundle/remove.ts';
import { claimLoop } from './claim.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { type Connection, createConnection } from './connection.ts';
import { controlLoop } from './control.ts';
import type { Host } from './host.ts';
import { Job } from './job.ts';
import { giveTo, type JobUser, passMode } from './job-user.ts';
import { LeaseBook } from './lease/book.ts';
import { renewLoop } from './lease/renew.ts';
import type { Log } from './log.ts';
import { createNotice, type Notice } from './notice.ts';
import { argsMaxBytes, stackLimit } from './process/arg-limits.ts';
import type { Defaults } from './process/environment.ts';
import { Fifos } from './process/fifos.ts';
import { createKillCounter } from './process/memory.ts';
import { Shells } from './process/shell/shells.ts';
import { createDelivery } from './report/deliver.ts';
import { Reporter } from './report/reporter.ts';
import { isFatal, retrying } from './retry.ts';
import { Runner } from './runner.ts';
import { Setups } from './setup.ts';
import { Signal } from './signal.ts';
import { Slots } from './slots.ts';
import { startGuard } from './tree/guard.ts';
import { createSweeper } from './tree/sweeper.ts';
import { UsageSampler } from './tree/usage.ts';

interface DaemonDeps {
  config: Config;
  clock: Clock;
  log: Log;
  fetch: HttpFetch;
  /** `count` random bytes. */
  randomBytes: (count: number) => Buffer;
  defaults: Defaults;
  /** Aborts when the machine or its owner wants the worker to end. */
  stop: AbortSignal;
}

/** 8 random bytes tell a worker's processes from those of all others. */
const PREFIX_BYTES = 8;
const NONCE_BYTES = 16;
const DIRECTORY_MS = 1000;
const LEAVE_MS = 1000;

const join_ = async (deps: DaemonDeps, connection: Connection): Promise<JoinReply> => {
  const json = {
    protocol: PROTOCOL,
    version: VERSION,
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    arch: arch(),
  };
  const retry = { clock: deps.clock, random: randomOf(deps) };
  return await retrying(retry, deps.stop, () => connection.call('workerJoin', { json }));
};

/** A number in [0, 1) of 32 random bits. */
const randomOf = (deps: DaemonDeps) => (): number => deps.randomBytes(4).readUInt32LE() / 2 ** 32;

/** A home for the jobs' user, who has no account. */
const homeOf = async (dir: string, user: JobUser): Promise<string> => {
  const home = join(dir, 'home');
  await mkdir(home, { recursive: true, mode: 0o700 });
  giveTo(user, home);
  return home;
};

const createHost = async (deps: DaemonDeps, node: JoinReply, notice: Notice): Promise<Host> => {
  const { config, clock, log, defaults } = deps;
  const prefix = deps.randomBytes(PREFIX_BYTES).toString('hex');
  const user = config.jobUser ?? null;
  const fifos = new Fifos(join(config.dir, 'fifos'), user);
  const runDir = join(config.dir, 'run');
  await removeAll(runDir);
  await mkdir(runDir);
  await chmod(runDir, passMode(user));
  await fifos.prepare();
  let markers = 0;
  const processes = {
    clock,
    fifos,
    user,
    nullFd: openSync('/dev/null', 'r'),
    guard: startGuard(prefix),
    sweeper: createSweeper(prefix, clock),
    newMarker: () => {
      markers += 1;
      return `${prefix}.${markers}`;
    },
  };
  return {
    ...processes,
    log,
    clock,
    defaults: user === null ? defaults : { ...defaults, HOME: await homeOf(config.dir, user) },
    runDir,
    shells: new Shells(processes),
    usage: new UsageSampler(clock),
    memoryKills: createKillCounter(clock),
    nodeName: node.name,
    cpusPerSlot: Math.max(1, Math.floor(availableParallelism() / node.slots)),
    isTakenBack: notice.isGiven,
    argsMaxBytes: argsMaxBytes(stackLimit(readFileSync('/proc/self/limits', 'latin1'))),
  };
};

const createRunner = async (
  deps: DaemonDeps,
  connection: Connection,
  node: JoinReply,
  host: Host,
) => {
  const { clock, log, config } = deps;
  const random = randomOf(deps);
  const book = new LeaseBook();
  const changed = new Signal();
  const slots = new Slots(node.slots);
  const pool = new TreePool(join(config.dir, 'trees'), clock, host.user);
  const mode = passMode(host.user);
  const setups = new Setups({ dir: join(config.dir, 'setup'), clock, pool, mode });
  const blobs = new BlobCache(join(config.dir, 'blobs'), connection);
  const jobsDir = join(config.dir, 'jobs');
  await removeAll(jobsDir);
  await mkdir(jobsDir);
  await chmod(jobsDir, passMode(host.user));
  await Promise.all([pool.prepare(), setups.prepare(), blobs.prepare()]);
  const bundles = new Bundles(blobs, setups);
  const reporter = new Reporter({
    delivery: createDelivery(
      connection,
      config.home === undefined ? null : join(config.dir, REPORT_FILE),
    ),
    clock,
    random,
    log,
    isBusy: () => runner.queued > 0,
    onStale: (key) => background(runner.lose(key)),
    onOver: (key) => runner.over(key),
    onMissing: (key, missing) => runner.restore(key, missing),
  });
  const newJob = (id: string, opening: number): Job =>
    new Job(id, opening, { host, connection, bundles, pool, dir: jobsDir, random });
  const onIdle = (): Promise<void> => bundles.trim();
  const runner = new Runner({
    onIdle,
    host,
    connection,
    home: config.home ?? null,
    random,
    book,
    slots,
    reporter,
    newJob,
    changed,
  });
  const background = (work: Promise<void>): void => {
    work.catch((error: unknown) => log.error('unexpected', { error: String(error) }));
  };
  return { book, changed, slots, reporter, runner, background };
};

/** Resolves when the node's directory is gone: its owner took the node down. */
const directoryLoop = async (deps: DaemonDeps, signal: AbortSignal): Promise<void> => {
  const first = await stat(deps.config.dir);
  while (!signal.aborted) {
    await deps.clock.sleep(DIRECTORY_MS, signal);
    const now = await stat(deps.config.dir).catch(() => null);
    if (now?.ino !== first.ino) return;
  }
};

/** A look a minute: this is about hours. */
const ALONE_LOOK_MS = 60_000;

/** Resolves when no control plane was heard for so long that nobody will come back. */
const aloneLoop = async (
  { config, clock }: DaemonDeps,
  connection: Pick<Connection, 'heardAt'>,
  signal: AbortSignal,
): Promise<void> => {
  const { aloneMs = Number.POSITIVE_INFINITY } = config;
  while (clock.monotonic() - connection.heardAt() < aloneMs && !signal.aborted) {
    await clock.sleep(Math.min(aloneMs, ALONE_LOOK_MS), signal);
  }
};

/** 250 ms: what is left of the machine's time is worth something. */
const EMPTY_LOOK_MS = 250;

/** Resolves when the machine's owner takes it back, and what ran has ended or had its time. */
const takenBack = async (
  deps: DaemonDeps,
  connection: Connection,
  runner: Runner,
  notice: Notice,
  signal: AbortSignal,
): Promise<void> => {
  const { clock, log } = deps;
  const graceMs = await notice.wait(signal);
  log.info("the machine's owner takes it back", { graceMs });
  const until = clock.monotonic() + graceMs;
  runner.drain();
  const retry = { clock, random: randomOf(deps) };
  retrying(retry, signal, () => connection.call('workerGoing')).catch((error: unknown) =>
    log.warn('nobody was told', { error: String(error) }),
  );
  while (!runner.isEmpty && clock.monotonic() < until) await clock.sleep(EMPTY_LOOK_MS, signal);
};

/** Resolves on abort. */
const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

const TOLD = 'it was told to end';
const ALONE = 'no control plane was heard for too long';

/** Runs everything until one of it ends; returns why. */
const work = async (
  deps: DaemonDeps,
  connection: Connection,
  node: JoinReply,
  parts: Awaited<ReturnType<typeof createRunner>>,
  notice: Notice,
): Promise<string> => {
  const { clock, log } = deps;
  const { book, changed, slots, reporter, runner, background } = parts;
  const random = randomOf(deps);
  const controller = new AbortController();
  const { signal } = controller;
  const newNonce = (): string => deps.randomBytes(NONCE_BYTES).toString('hex');
  const never = new Promise<string>(() => undefined);
  const claims = claimLoop(
    { connection, clock, random, newNonce, log, runner, slots, changed },
    signal,
  );
  const renewals = renewLoop(
    {
      connection,
      clock,
      log,
      book,
      onFence: (held) => runner.fence(held),
      onStale: (key) => background(runner.lose(key)),
    },
    node.leaseMs,
    signal,
  );
  const control = controlLoop({ connection, clock, random, log, book, runner }, signal);
  try {
    return await Promise.race([
      claims.then(() => never),
      renewals.then(() => never),
      reporter.run(signal).then(() => never),
      control.then(() => 'the control plane said stop'),
      directoryLoop(deps, signal).then(() => 'its directory is gone'),
      aloneLoop(deps, connection, signal).then(() => {
        if (!signal.aborted) return ALONE;
        return never;
      }),
      // A machine that is taken back is also told to go off: what runs has its time all the same.
      untilAborted(deps.stop).then(async () => ((await notice.isGiven()) ? never : TOLD)),
      takenBack(deps, connection, runner, notice, signal).then(() => 'its machine is taken back'),
    ]);
  } catch (error) {
    if (isFatal(error)) return `${error.code}: ${error.message}`;
    throw error;
  } finally {
    controller.abort();
  }
};

/** Null where no control plane was there for too long. */
const joinUnlessAlone = async (
  deps: DaemonDeps,
  connection: Connection,
): Promise<JoinReply | null> => {
  const joined = new AbortController();
  const alone = aloneLoop(deps, connection, joined.signal).then(() => null);
  return await Promise.race([join_(deps, connection), alone]).finally(() => joined.abort());
};

/** Joins, works, and leaves nothing behind. Resolves when no process of a job is left. */
export const runDaemon = async (deps: DaemonDeps): Promise<void> => {
  const { config, log } = deps;
  const connection = createConnection({
    clock: deps.clock,
    fetch: deps.fetch,
    url: config.url,
    serverFile: config.serverFile,
    token: config.joinToken,
  });
  const node = await joinUnlessAlone(deps, connection);
  if (node === null) return await removeAll(config.dir);
  connection.useToken(node.token);
  log.info('joined', { node: node.name, slots: node.slots, incarnation: node.incarnation });
  const notice = createNotice(deps);
  const host = await createHost(deps, node, notice);
  const parts = await createRunner(deps, connection, node, host);
  const why = await work(deps, connection, node, parts, notice).finally(() => parts.runner.stop());
  host.shells.close();
  host.guard.close();
  await connection.call('workerLeave', { timeoutMs: LEAVE_MS }).catch(() => undefined);
  log.info(`the worker ends: ${why}`);
  // Nobody else will: its control plane is gone for good.
  if (why === ALONE) await removeAll(config.dir);
};
