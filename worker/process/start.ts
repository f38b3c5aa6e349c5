import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import type { JobUser } from '../job-user.ts';
import type { CommandLine } from './command-line.ts';
import type { Fifos } from './fifos.ts';

/** A process whose pipes are real FIFOs. */
interface Started {
  pid: number;
  /** File descriptors of the worker's ends; whoever gets them closes them. */
  stdin: number | null;
  stdout: number;
  stderr: number;
  exited: Promise<Exit>;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

interface StartOptions {
  command: CommandLine;
  env: Record<string, string>;
  /** Whether something is fed to it; else its stdin is /dev/null. */
  stdin: boolean;
  fifos: Fifos;
  /** A descriptor of /dev/null. */
  nullFd: number;
  /** Who runs it; null is the worker's own user. */
  user: JobUser | null;
}

/** Closes what was opened, in reverse order. */
const closeAll = (fds: readonly number[]): void => {
  for (const fd of fds.toReversed()) closeSync(fd);
};

const spawned = async (child: ChildProcess): Promise<number> => {
  if (child.pid === undefined) {
    const [error] = await once(child, 'error');
    throw error;
  }
  return child.pid;
};

/**
 * Starts a process in a session of its own. Rejects where the system refuses (E2BIG, EAGAIN, EMFILE,
 * ENOENT …); nothing is left open then.
 */
export const start = async (options: StartOptions): Promise<Started> => {
  const { command, env, fifos } = options;
  const opened: number[] = [];
  const pair = async (workersEnd: 'read' | 'write') => {
    const ends = await fifos.open(workersEnd);
    opened.push(ends.read, ends.write);
    return ends;
  };
  try {
    const input = options.stdin ? await pair('write') : null;
    const out = await pair('read');
    const err = await pair('read');
    const child = spawn(command.file, command.args, {
      cwd: command.cwd,
      env,
      detached: true,
      ...(options.user ?? {}),
      stdio: [input?.read ?? options.nullFd, out.write, err.write],
    });
    const exited = once(child, 'exit').then(([code, signal]): Exit => ({ code, signal }));
    exited.catch(() => undefined);
    const pid = await spawned(child);
    closeAll([out.write, err.write, ...(input === null ? [] : [input.read])]);
    return { pid, stdin: input?.write ?? null, stdout: out.read, stderr: err.read, exited };
  } catch (error) {
    closeAll(opened);
    throw error;
  }
};
