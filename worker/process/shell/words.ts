import { constants } from 'node:os';
import { show } from '../../../protocol/bytes.ts';
import type { Sink } from '../drain.ts';
import type { Status } from './shell.ts';

const SIGNAL_BASE = 128;

/** What the C library calls the signals that end a process, and dash after it. */
const WORDS: Partial<Record<NodeJS.Signals, string>> = {
  SIGHUP: 'Hangup',
  SIGQUIT: 'Quit',
  SIGILL: 'Illegal instruction',
  SIGTRAP: 'Trace/breakpoint trap',
  SIGABRT: 'Aborted',
  SIGBUS: 'Bus error',
  SIGFPE: 'Floating point exception',
  SIGKILL: 'Killed',
  SIGUSR1: 'User defined signal 1',
  SIGSEGV: 'Segmentation fault',
  SIGUSR2: 'User defined signal 2',
  SIGALRM: 'Alarm clock',
  SIGTERM: 'Terminated',
  SIGXCPU: 'CPU time limit exceeded',
  SIGXFSZ: 'File size limit exceeded',
  SIGVTALRM: 'Virtual timer expired',
  SIGPROF: 'Profiling timer expired',
  SIGSYS: 'Bad system call',
};

/** 64 bytes: more than the longest of these lines has. */
const TAIL_BYTES = 64;

// Of two names the first is the common one: SIGABRT and SIGIOT.
const NAMES = new Map(
  Object.entries(constants.signals)
    .toReversed()
    .map(([name, number]) => [number, name as NodeJS.Signals]),
);

/** The signal that a shell means by a status, if it means one. */
export const signalOf = (status: number | null): NodeJS.Signals | undefined =>
  NAMES.get((status ?? 0) - SIGNAL_BASE);

/** Passes all on and keeps the last bytes. */
export interface TailSink extends Sink {
  tail(): string;
}

export const tailOf = (sink: Sink): TailSink => {
  let held = Buffer.alloc(0);
  return {
    write: (bytes) => {
      sink.write(bytes);
      held = Buffer.concat([held, bytes.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
    },
    get full() {
      return sink.full;
    },
    onRoom: (call) => sink.onRoom(call),
    tail: () => show(held),
  };
};

/**
 * How a command ended that had no subshell. Of a signal the shell says so itself, but where the command's
 * stderr goes: a command that exits with such a status after the very same words looks the same.
 */
export const judge = (status: Status, stderrTail: string): Status => {
  const signal = signalOf(status.code);
  if (signal === undefined) return status;
  const words = WORDS[signal];
  if (words === undefined) return { ...status, isUnsure: true };
  const isSaid = [`${words}\n`, `${words} (core dumped)\n`].some((line) =>
    stderrTail.endsWith(line),
  );
  return isSaid ? { ...status, code: null, signal, isDoubtful: true } : status;
};
