import type { Clock } from '../clock.ts';
import type { JobUser } from '../job-user.ts';
import type { Guard } from '../tree/guard.ts';
import type { Sweeper } from '../tree/sweeper.ts';
import type { CommandLine } from './command-line.ts';
import type { Sink } from './drain.ts';
import type { Environment } from './environment.ts';
import type { Fifos } from './fifos.ts';
import type { Exit } from './start.ts';

/** What all processes of this worker share. */
export interface ProcessHost {
  clock: Pick<Clock, 'sleep' | 'precise' | 'after'>;
  fifos: Fifos;
  nullFd: number;
  /** Who runs the jobs; null is the worker's own user. */
  user: JobUser | null;
  guard: Guard;
  sweeper: Sweeper;
  /** Another value of the marker at each call; all begin with this worker's own prefix. */
  newMarker: () => string;
}

export interface SuperviseOptions {
  /** Makes the invocation startable; called once, and only where a process is spawned for it. */
  command: () => Promise<CommandLine>;
  /** The same as source for a shell that runs already; null where only a process of its own will do. */
  plain: PlainCommand | null;
  env: Environment;
  /** A setup: it runs as the worker does. */
  asWorker?: boolean;
  /** Stands in `env`, and finds every process of the tree. */
  marker: string;
  stdin: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | null;
  stdout: Sink;
  stderr: Sink;
}

/** A command of plain words, none of which a shell would change. */
export interface PlainCommand {
  /** Its first word. */
  program: string;
  /** Shell source without a newline outside quotes at its end. */
  source: Uint8Array;
  /**
   * The same without `exec`, where the shell would not run it itself; null where it has to be told exactly
   * how it ends.
   */
  direct: Uint8Array | null;
  /** Where it runs. */
  cwd: Uint8Array;
}

/** A process tree that is watched from its start to the end of its last process. */
export interface Supervised {
  /** The session that its processes are in, and whether the session's leader is px's own shell. */
  session: { id: number; isShell: boolean };
  /** Resolves when the tree has ended and all of its output is in the sinks. */
  ended: Promise<Exit>;
  /** Rejects where the source of the input failed; resolves otherwise. */
  fed: Promise<void>;
  /** SIGTERM, then SIGKILL; resolves when nothing is left. */
  end(): Promise<void>;
}
