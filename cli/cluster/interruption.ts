import { PxError } from '../../protocol/errors.ts';
import type { Context } from '../context.ts';

/** A wait that SIGINT or SIGTERM ends; the second one ends px at once. */
interface Interruption {
  /** Aborts at the first signal. */
  readonly abort: AbortSignal;
  /** Which it was; null where none came. */
  received(): 'SIGINT' | 'SIGTERM' | null;
  /** Signals do what they always do again. */
  undo(): void;
}

export const onInterruption = (context: Pick<Context, 'onSignal'>): Interruption => {
  const stop = new AbortController();
  let signal: 'SIGINT' | 'SIGTERM' | null = null;
  const undo = context.onSignal((received) => {
    signal = received;
    stop.abort(new PxError('cluster_not_up', 'Interrupted.'));
    undo();
  });
  return { abort: stop.signal, received: () => signal, undo };
};
