import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PxError } from '../../protocol/errors.ts';
import { PROTOCOL, PROTOCOL_OLDEST, VERSION } from '../../protocol/version.ts';
import { checkHealth } from './check-health.ts';
import { type ConnectOptions, fillIn, type Ways } from './options.ts';
import { isServing } from './processes.ts';
import { readServerFile, type ServerFile } from './server-file.ts';
import type { Spawned } from './spawn-server.ts';
import { startFailure } from './start-failure.ts';
import { isNewer, stopForUpgrade } from './upgrade.ts';

/** A start takes half a second; one that waits for a stopping server's last requests some more. */
const START_MS = 20_000;
/** One that is killed each time it starts gives up in the end. */
const START_TRIES = 20;
const LOOK_EVERY_MS = 15;
/** Who lost the race for the lock waits so long for the winner before trying again. */
const RACE_MS = 1000;

const OWN = { version: VERSION, protocol: PROTOCOL, oldest: PROTOCOL_OLDEST };

const silent = ({ pid }: ServerFile): PxError =>
  new PxError('unavailable', `The control plane (process ${pid}) does not answer.`, {
    hint: 'px server stop --force',
  });

/** 5 s: a server whose file was lost writes it again within two. */
const REWRITE_MS = 5000;
const REWRITE_LOOK_MS = 100;

/** `server.json`; where it is missing though a server lives, as soon as that has written it again. */
const awaitServerFile = async ({ home, clock }: Ways): Promise<ServerFile | null> => {
  const file = await readServerFile(home);
  const lock = join(home, 'server.lock');
  if (file !== null || !existsSync(lock)) return file;
  const { isLocked } = await import('../../control-plane/db/lock.ts');
  for (const until = clock.clock() + REWRITE_MS; clock.clock() < until && isLocked(lock); ) {
    await clock.sleep(REWRITE_LOOK_MS);
    const again = await readServerFile(home);
    if (again !== null) return again;
  }
  return null;
};

/** The server of this home that serves, or null. Throws `unavailable` where it is there and silent. */
const look = async (ways: Ways): Promise<ServerFile | null> => {
  const file = await awaitServerFile(ways);
  if (file === null) return null;
  const health = await checkHealth(ways, file);
  if (health === 'silent') throw silent(file);
  return health === 'serves' ? file : null;
};

/** Waits until somebody serves; null where the process that was started lost against nobody who does. */
const waitForServer = async (
  ways: Ways,
  spawned: Spawned,
  until: number,
): Promise<ServerFile | null> => {
  const { clock, home } = ways;
  let endedAt: number | null = null;
  for (;;) {
    const file = await readServerFile(home);
    const isFresh = file !== null && isServing(file);
    if (isFresh && (await checkHealth(ways, file)) === 'serves') return file;
    const status = spawned.status();
    if (status !== null && status !== 0) throw await startFailure(home, spawned);
    if (status === 0) endedAt ??= clock.clock();
    if (endedAt !== null && clock.clock() - endedAt > RACE_MS) return null;
    if (clock.clock() > until) throw await startFailure(home, spawned);
    await clock.sleep(LOOK_EVERY_MS);
  }
};

const start = async (ways: Ways): Promise<ServerFile> => {
  for (let tries = 1; ; tries += 1) {
    const spawned = ways.spawn(ways.home, ways.env);
    const file = await waitForServer(ways, spawned, ways.clock.clock() + START_MS);
    if (file !== null) return file;
    if (tries === START_TRIES) throw await startFailure(ways.home, spawned);
  }
};

/**
 * Finds the embedded control plane of a PX_HOME that serves, without starting one. Null where there
 * is none.
 */
export const findServer = (options: ConnectOptions): Promise<ServerFile | null> =>
  look(fillIn(options, OWN));

/**
 * Finds the embedded control plane, or starts it: of several px commands at once one succeeds and
 * all use it. A server of an older px is replaced. Throws `unavailable`, `upgrade_required`, or why
 * it did not start.
 */
export const ensureServer = async (options: ConnectOptions): Promise<ServerFile> => {
  const ways = fillIn(options, OWN);
  const file = await look(ways);
  if (file === null) return start(ways);
  if (!isNewer(ways.own, file)) return file;
  await stopForUpgrade(ways, file);
  return start(ways);
};
