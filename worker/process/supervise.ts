import type { Clock } from '../clock.ts';
import type { Guard } from '../tree/guard.ts';
import { endTree, killTree, type Tree } from '../tree/kill.ts';
import { send } from '../tree/marked.ts';
import type { Sweeper } from '../tree/sweeper.ts';
import type { CommandLine } from './command-line.ts';
import { type Draining, drain, type Sink } from './drain.ts';
import { feed } from './feed.ts';
import type { Fifos } from './fifos.ts';
import { type Exit, start } from './start.ts';

/** 1 s for what a process leaves behind in its group, or holding its output, to end by itself. */
const LEFTOVER_MS = 1000;
/** 500 ms for the last bytes of a pipe whose writers were killed. */
const LAST_BYTES_MS = 500;
const LOOK_MS = 20;

/** What all processes of this worker share. */
export interface Supervisor {
  clock: Pick<Clock, 'sleep' | 'precise'>;
  fifos: Fifos;
  nullFd: number;
  guard: Guard;
  sweeper: Sweeper;
}

interface SuperviseOptions {
  command: CommandLine;
  env: Record<string, string>;
  /** Stands in `env`, and finds every process of the tree. */
  marker: string;
  stdin: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | null;
  stdout: Sink;
  stderr: Sink;
}

/** A process tree that is watched from its start to the end of its last process. */
export interface Supervised {
  pid: number;
  /** Resolves when the tree has ended and all of its output is in the sinks. */
  ended: Promise<Exit>;
  /** Rejects where the source of the input failed; resolves otherwise. */
  fed: Promise<void>;
  /** SIGTERM, then SIGKILL; resolves when nothing is left. */
  end(): Promise<void>;
}

/** What stays in the group or holds the output open gets a short time, then it is killed. */
const finish = async (
  tree: Tree,
  pipes: readonly Draining[],
  clock: Supervisor['clock'],
): Promise<void> => {
  let isDry = false;
  const dry = Promise.all(pipes.map(({ ended }) => ended)).then(() => {
    isDry = true;
  });
  const isOver = (): boolean => isDry && !send(-tree.group, 0);
  const until = clock.precise() + LEFTOVER_MS;
  // Nearly always the pipes close with the process: no timer is made then.
  if (!send(-tree.group, 0)) await Promise.race([dry, clock.sleep(LOOK_MS)]);
  while (!isOver() && clock.precise() < until) await clock.sleep(LOOK_MS);
  if (isOver()) return;
  await killTree(tree, clock);
  await Promise.race([dry, clock.sleep(LAST_BYTES_MS)]);
  for (const pipe of pipes) pipe.cut();
  await dry;
};

/** Starts a process tree and watches it. Rejects where the system refuses to start it. */
export const supervise = async (
  supervisor: Supervisor,
  options: SuperviseOptions,
): Promise<Supervised> => {
  const { clock, fifos, nullFd, guard, sweeper } = supervisor;
  const { command, env, marker } = options;
  sweeper.live(marker);
  const started = await start({ command, env, stdin: options.stdin !== null, fifos, nullFd }).catch(
    (error: unknown) => {
      sweeper.over(marker);
      throw error;
    },
  );
  const tree = { group: started.pid, marker };
  guard.add(tree.group);
  const pipes = [drain(started.stdout, options.stdout), drain(started.stderr, options.stderr)];
  const feeding =
    started.stdin === null || options.stdin === null ? null : feed(started.stdin, options.stdin);
  const ended = started.exited.then(async (exit) => {
    feeding?.stop();
    await finish(tree, pipes, clock);
    guard.remove(tree.group);
    sweeper.over(marker);
    return exit;
  });
  return {
    pid: started.pid,
    ended,
    fed: feeding?.done ?? Promise.resolve(),
    end: async () => {
      await endTree(tree, clock);
      await ended;
    },
  };
};
