import { endTree } from '../tree/kill.ts';
import { send } from '../tree/marked.ts';
import { drain } from './drain.ts';
import { feed } from './feed.ts';
import { endLeftover } from './leftover.ts';
import type { Shells } from './shell/shells.ts';
import { start } from './start.ts';
import type { ProcessHost, Supervised, SuperviseOptions } from './supervised.ts';

/** What starts processes: by itself, or through shells that run already. */
export interface Supervisor extends ProcessHost {
  shells: Shells;
}

/** Starts a process of its own for it. */
const superviseSpawned = async (
  supervisor: ProcessHost,
  options: SuperviseOptions,
): Promise<Supervised> => {
  const { clock, fifos, nullFd, guard, sweeper } = supervisor;
  const { marker } = options;
  const user = options.asWorker === true ? null : supervisor.user;
  const stdin = options.stdin !== null;
  const env = { ...options.env.job, ...options.env.own };
  const command = await options.command();
  sweeper.live(marker);
  const started = await start({ command, env, stdin, fifos, nullFd, user }).catch(
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
    await endLeftover(tree, pipes, () => !send(-tree.group, 0), clock);
    guard.remove(tree.group);
    sweeper.over(marker);
    return exit;
  });
  return {
    session: { id: started.pid, isShell: false },
    ended,
    fed: feeding?.done ?? Promise.resolve(),
    end: async () => {
      await endTree(tree, clock);
      await ended;
    },
  };
};

/** Starts a process tree and watches it. Rejects where the system refuses to start it. */
export const supervise = async (
  supervisor: Supervisor,
  options: SuperviseOptions,
): Promise<Supervised> => {
  const quick = await supervisor.shells.start(options);
  if (quick !== null) return quick;
  const since = supervisor.clock.precise();
  const spawned = await superviseSpawned(supervisor, options);
  const startMs = supervisor.clock.precise() - since;
  if (options.plain === null) return spawned;
  const { cwd } = options.plain;
  const ended = spawned.ended.finally(() => {
    supervisor.shells.observe(cwd, supervisor.clock.precise() - since, startMs);
  });
  return { ...spawned, ended };
};
