import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { createLimit } from '../limit.ts';
import type { Log } from '../log.ts';
import { bootstrap, createStopwatch, type Phases } from './bootstrap.ts';
import { prepareFolder, removeFolder } from './folder.ts';
import { Line } from './line.ts';
import type { Notice } from './notice.ts';
import type { Runtime } from './runtime.ts';
import { END } from './scripts/end.ts';
import { nameOf, type SshTarget } from './target.ts';

interface MachinesOptions {
  /** PX_HOME. */
  home: string;
  clock: Clock;
  log: Log;
  random: (count: number) => Uint8Array;
  runtime: Runtime;
  /** What ssh knows of this machine: PATH and HOME. */
  env: Readonly<Record<string, string>>;
  /** The port here where the worker routes, and nothing else, are served. */
  port: () => Promise<number>;
  /** A node is silent after so many awake milliseconds without its connection. */
  silentMs: number;
}

/** What is needed to have a node's worker run on a machine. */
interface RaiseOrder {
  nodeId: string;
  target: SshTarget;
  /** 0: as many as the machine has. */
  slots: number;
  joinToken: string;
  /** What its worker watches, to hear that the machine is taken back. */
  notice?: Notice | undefined;
}

interface Reach {
  /** `silent`: unheard for too long while others are heard. `ended`: the worker has. */
  state: 'running' | 'silent' | 'ended';
  problem: string | null;
  /** Somebody has a session of ssh there, beside px. */
  hasGuests: boolean;
}

/** Machines that are reached by ssh, whoever owns them: a node each. */
export interface Machines {
  /** Packs what a Linux without Node will be sent, while its owner still makes it. */
  pack(arch: string): void;
  /**
   * Connects, ships what is missing, starts the worker (an earlier one of the node is ended), and
   * keeps the connection from then on. Throws `provider_refused` or `host_key_changed`.
   */
  raise(order: RaiseOrder): Promise<{ phases: Phases }>;
  /** What is known of a node that was raised, by this control plane or an earlier one: asked every second. */
  tend(nodeId: string, target: SshTarget): Promise<Reach>;
  /** Ends the node's worker and leaves nothing of it there. Throws where the machine is out of reach. */
  raze(nodeId: string, target: SshTarget): Promise<void>;
  /** Lets go of a node whose machine is deleted by its owner. */
  forget(nodeId: string): Promise<void>;
  close(): Promise<void>;
}

/** 16 machines are raised or razed at a time: each ships up to 45 MB from here. */
const AT_ONCE = 16;
/** 2 s that its worker gets to end by itself: the control channel has told it to. */
const STOP_TENTHS = 20;
const END_MS = 60_000;
/** Three questions without an answer take a third of the time after which a node is silent. */
const ALIVE_SHARE = 9;
const SECOND_MS = 1000;

/** 3 s until a node is called running before anybody has seen it: the next look knows more. */
const FIRST_LOOK_MS = 3000;

/** A look that is later than 2 s means that this machine slept. */
const LOOK_MAX_MS = 2000;
/** What is known of a node that was raised: unheard counts only while others are heard. */
const reachOf = (entry: Entry, isOtherHeard: boolean, now: number, silentMs: number): Reach => {
  const passed = Math.min(now - entry.lookedAt, LOOK_MAX_MS);
  entry.lookedAt = now;
  const { isUp, worker, problem, hasGuests } = entry.line.state;
  if (isUp) entry.silentMs = 0;
  else if (isOtherHeard) entry.silentMs += passed;
  if (worker === 'ended' && isUp) return { state: 'ended', problem, hasGuests };
  const state = entry.silentMs >= silentMs ? 'silent' : 'running';
  return { state, problem: isUp ? null : problem, hasGuests };
};

interface Entry {
  line: Line;
  lookedAt: number;
  silentMs: number;
}

/** Whoever ships it hears why it failed. */
const pack = (runtime: Runtime, arch: string): void => {
  for (const parcel of [runtime.worker(), runtime.node({ os: 'Linux', arch }, 'zstd')]) {
    parcel.catch(() => undefined);
  }
};

const closeAll = async (entries: readonly Entry[], folder: string | null): Promise<void> => {
  await Promise.all(entries.map(({ line }) => line.close()));
  if (folder !== null) removeFolder(folder);
};

export const createMachines = (options: MachinesOptions): Machines => {
  const { home, clock, log, random, runtime, env, port } = options;
  const entries = new Map<string, Entry>();
  const limit = createLimit(AT_ONCE);
  let folder: string | null = null;

  const entryOf = (nodeId: string, target: SshTarget): Entry => {
    folder ??= prepareFolder(home);
    const known = entries.get(nodeId);
    known?.line.aim(target);
    if (known !== undefined) return known;
    const aliveSeconds = Math.max(1, Math.round(options.silentMs / ALIVE_SHARE / SECOND_MS));
    const line = new Line({ clock, env, folder, nodeId, log, random, port, aliveSeconds }, target);
    const entry = { line, lookedAt: clock.monotonic(), silentMs: 0 };
    entries.set(nodeId, entry);
    return entry;
  };

  const forget = async (nodeId: string): Promise<void> => {
    const entry = entries.get(nodeId);
    entries.delete(nodeId);
    await entry?.line.close();
    if (folder !== null) rmSync(join(folder, `${nodeId}.keys`), { force: true });
  };

  const isOtherHeard = (entry: Entry): boolean =>
    [...entries.values()].some((other) => other !== entry && other.line.state.isUp);

  return {
    pack: (arch) => pack(runtime, arch),
    raise: (order) =>
      limit(async () => {
        const { nodeId, target } = order;
        const { line } = entryOf(nodeId, target);
        const watch = createStopwatch(clock);
        try {
          const link = await line.link();
          watch.mark('connect');
          const machine = { name: nameOf(target), port: await port() };
          await bootstrap({ clock, runtime }, link, machine, order, watch.mark);
        } catch (cause) {
          await forget(nodeId);
          throw cause;
        }
        line.expectWorker();
        line.stay();
        return { phases: watch.phases };
      }),
    tend: async (nodeId, target) => {
      const entry = entryOf(nodeId, target);
      entry.line.stay();
      if (entry.line.state.worker === 'unknown') {
        const first = entry.line.link().catch(() => undefined);
        await Promise.race([first, clock.sleep(FIRST_LOOK_MS)]);
      }
      return reachOf(entry, isOtherHeard(entry), clock.monotonic(), options.silentMs);
    },
    raze: (nodeId, target) =>
      limit(async () => {
        const { line } = entryOf(nodeId, target);
        const link = await line.link();
        await link.run(END, [nodeId, String(STOP_TENTHS)], null, END_MS);
        await forget(nodeId);
      }),
    forget,
    close: () => closeAll([...entries.values()], folder),
  };
};
