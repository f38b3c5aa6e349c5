import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** One living process of this machine, as /proc shows it. */
export interface Process {
  readonly pid: number;
  readonly ppid: number;
  /** One letter: R, S, D, T … */
  readonly state: string;
  /** The words of the command line, joined by blanks. */
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
};

const workingDirectory = (pid: number): string => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
};

const environmentOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split('\0').flatMap((entry) => {
      const at = entry.indexOf('=');
      return at > 0 ? [[entry.slice(0, at), entry.slice(at + 1)]] : [];
    }),
  );

/** The process, or undefined once it is gone; a zombie runs no more and counts as gone. */
export const findProcess = (pid: number): Process | undefined => {
  const stat = read(`/proc/${pid}/stat`);
  // The name stands in brackets and may hold brackets and blanks itself.
  const [state = '', ppid = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === '' || state === 'Z' || state === 'X') return undefined;
  const command = read(`/proc/${pid}/cmdline`).split('\0').join(' ').trim();
  const environment = environmentOf(read(`/proc/${pid}/environ`));
  return { pid, ppid: Number(ppid), state, command, environment };
};

export const isAlive = (pid: number): boolean => findProcess(pid) !== undefined;

const pids = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/**
 * Living processes whose command line, environment or working directory holds the marker (the path
 * of a disposable folder, mostly): whatever a test started and whatever that started in turn.
 */
export const processesOf = (marker: string): Process[] =>
  pids().flatMap((pid) => {
    if (pid === process.pid) return [];
    const found = findProcess(pid);
    if (found === undefined) return [];
    const isMarked =
      found.command.includes(marker) ||
      Object.values(found.environment).some((value) => value.includes(marker)) ||
      workingDirectory(pid).startsWith(marker);
    return isMarked ? [found] : [];
  });

/** Sends a signal to one process; one that is gone already is all right. */
export const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Asks until the answer is neither undefined nor false; fails with `what` after `timeoutMs`. */
export const until = async <T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 30_000,
): Promise<T> => {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs} ms until ${what}`);
    await sleep(20);
  }
};

/** Kills everything that carries the marker, also what it starts meanwhile. */
export const killAll = (marker: string): Promise<true> =>
  until(`all processes of ${marker} are dead`, () => {
    const left = processesOf(marker);
    for (const { pid } of left) signal(pid, 'SIGKILL');
    return left.length === 0;
  });

/** Peak resident memory of a process in bytes by the kernel's own mark; 0 once it is gone. */
export const peakMemory = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
