import { constants } from 'node:os';
import type { Outcome } from '../../protocol/messages/jobs.ts';
import type { Exit } from './start.ts';

const SIGKILL = constants.signals.SIGKILL;

/** What else is known of an end. */
interface Circumstances {
  timedOut: boolean;
  /** The kernel killed something for memory while it ran. */
  outOfMemory: () => boolean;
}

/**
 * How an attempt ended. A shell that exits with 137 has exited; it counts as out of memory only
 * where the kernel says that it killed for memory at that time.
 */
export const outcomeOf = (exit: Exit, { timedOut, outOfMemory }: Circumstances): Outcome => {
  if (timedOut) return { kind: 'timeout' };
  const signal = exit.signal === null ? null : constants.signals[exit.signal];
  const isKill = signal === SIGKILL || exit.code === 128 + SIGKILL;
  if (isKill && outOfMemory()) return { kind: 'oom' };
  if (signal !== null) return { kind: 'signal', signal };
  return { kind: 'exit', code: exit.code ?? 0 };
};
