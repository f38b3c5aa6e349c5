import { join } from 'node:path';
import * as z from 'zod';
import type { Clock } from '../../clock.ts';
import { MALLOC_ENV } from '../../embedded/malloc-env.ts';
import { nodeFolder } from '../../node-folder.ts';
import { identify, isRunning, type ProcessRef, send } from '../../process-ref.ts';
import type { NodeOrder, Provider, ProviderRef } from '../provider.ts';
import { lastLine, prepareDirectory, removeDirectory } from './directory.ts';
import { findByWord } from './processes.ts';
import { startWorker } from './start-worker.ts';

/** A worker that was told to stop over its control channel kills its processes within a second. */
const STOP_MS = 2000;
/** After SIGTERM, before SIGKILL. */
const TERM_MS = 2000;
const KILL_MS = 5000;
const LOOK_EVERY_MS = 20;

interface LocalOptions {
  home: string;
  clock: Clock;
  nodePath: string;
  env: Readonly<Record<string, string>>;
  /** Where workers read the control plane's address, again after every restart of it. */
  serverFile: string;
  /** Whether reports and inputs may go through files; false where a test's proxy must see them. */
  sharesFiles: boolean;
}

const Ref = z.object({ pid: z.int(), startTicks: z.string() });

const markerOf = (nodeId: string): string => `--px-node=${nodeId}`;

const endsWithin = async (
  clock: Clock,
  refs: readonly ProcessRef[],
  ms: number,
): Promise<boolean> => {
  const until = clock.monotonic() + ms;
  while (refs.some(isRunning)) {
    if (clock.monotonic() >= until) return false;
    await clock.sleep(LOOK_EVERY_MS);
  }
  return true;
};

/** Only the worker's own process is killed: its guards then kill what it ran. */
const end = async (clock: Clock, refs: readonly ProcessRef[], stopMs: number): Promise<void> => {
  if (await endsWithin(clock, refs, stopMs)) return;
  for (const ref of refs) send(ref, 'SIGTERM');
  if (await endsWithin(clock, refs, TERM_MS)) return;
  for (const ref of refs) send(ref, 'SIGKILL');
  if (await endsWithin(clock, refs, KILL_MS)) return;
  throw new Error(`The worker ${refs.map(({ pid }) => pid).join(', ')} does not end.`);
};

const workersOf = (nodeId: string, ref: ProviderRef | null): ProcessRef[] => {
  const known = ref === null ? [] : [Ref.parse(ref)];
  const found = findByWord(markerOf(nodeId)).filter(({ pid }) =>
    known.every((one) => one.pid !== pid),
  );
  return [...known, ...found].filter(isRunning);
};

/** This machine: a node is one worker process with a directory of its own under PX_HOME/nodes/. */
export const createLocalProvider = (options: LocalOptions): Provider => {
  const { home, clock, serverFile, sharesFiles } = options;
  const dirOf = (nodeId: string): string => nodeFolder(home, nodeId);
  const logOf = (nodeId: string): string => join(dirOf(nodeId), 'worker.log');
  return {
    name: 'local',
    promises: {
      ...{ restarts: true, onThisMachine: true, tunneled: false },
      ...{ refusesForGood: false, mayBeLeft: false },
    },
    plan: async ({ spec }) =>
      Array.from({ length: spec.nodes }, () => ({ slots: spec.cpusPerNode, plan: null })),
    create: async ({ nodeId, slots, joinToken }: NodeOrder) => {
      // What a control plane that was killed in here had started.
      await end(clock, workersOf(nodeId, null), 0);
      const dir = dirOf(nodeId);
      const logFile = logOf(nodeId);
      prepareDirectory(dir, logFile);
      const { nodePath } = options;
      // Without it each worker strips and compiles its sources itself, which takes 30 MB more.
      const cache = { NODE_COMPILE_CACHE: join(home, 'cache', 'compile') };
      const env = { ...options.env, ...MALLOC_ENV, ...cache };
      const shared = sharesFiles ? { home } : {};
      const bootstrap = { dir, slots, joinToken, serverFile, ...shared };
      const marker = markerOf(nodeId);
      const pid = await startWorker({ nodePath, env, dir, logFile, marker, bootstrap });
      // One that has ended already gets a start time that no process has.
      return { ...(identify(pid) ?? { pid, startTicks: '' }) };
    },
    describe: async (nodeId, ref) => {
      if (isRunning(Ref.parse(ref))) return { state: 'running', problem: null };
      const words = lastLine(logOf(nodeId));
      return { state: 'gone', problem: `The worker ended${words === null ? '.' : `: ${words}`}` };
    },
    reach: async () => null,
    destroy: async (nodeId, ref) => {
      await end(clock, workersOf(nodeId, ref), STOP_MS);
      await removeDirectory(dirOf(nodeId));
    },
  };
};
