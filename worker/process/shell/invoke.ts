import { utf8 } from '../../../protocol/bytes.ts';
import { endTree } from '../../tree/kill.ts';
import { groupLives } from '../../tree/marked.ts';
import type { Draining } from '../drain.ts';
import { endLeftover } from '../leftover.ts';
import type { ProcessHost, Supervised, SuperviseOptions } from '../supervised.ts';
import type { Shell, Source, Status } from './shell.ts';
import { judge, signalOf, type TailSink, tailOf } from './words.ts';

/**
 * 100 ms: what fills its FIFO waits so long. FIFOs that were read while an invocation ran are not used
 * again, and on a busy machine many of the shortest take more than 20 ms.
 */
const DRAIN_MS = 100;

/** One invocation for an idle shell. */
interface Order {
  source: Source;
  options: SuperviseOptions;
  /** It has ended with all that belongs to it, and the shell is free. */
  onEnd: (status: Status) => void;
}

/**
 * Has an idle shell run one invocation. What it writes is read when it has ended, or as it comes
 * once it has taken longer than short ones do. Throws where the shell is gone; nothing is started then.
 */
export const invoke = (host: ProcessHost, shell: Shell, order: Order): Supervised => {
  const { clock, sweeper } = host;
  const { marker, stdout, stderr } = order.options;
  const tree = { group: shell.pid, marker };
  const { isDirect } = order.source;
  let draining: Draining[] | null = null;
  /** What tells a signal from an exit stands at the end of stderr; only such a status has it looked at. */
  let watched: TailSink | null = null;
  const watch = (): TailSink => {
    watched ??= tailOf(stderr);
    return watched;
  };
  let isEnding = false;
  let isOver = false;
  const drained = (): Draining[] => {
    draining ??= shell.pair.drain(stdout, isDirect ? watch() : stderr);
    return draining;
  };
  const late = clock.after(DRAIN_MS, drained);
  sweeper.live(marker);
  const endSlowly = async (): Promise<void> => {
    const pipes = drained();
    shell.pair.release();
    // What is left in the group without holding the output is the sweeper's.
    const isAlone = (): boolean => shell.isAlive || !groupLives(shell.pid);
    if (await endLeftover(tree, pipes, isAlone, clock)) shell.end();
  };
  const finish = async (status: Status): Promise<Status> => {
    late.cancel();
    const isAsked = isDirect && shell.isAlive && signalOf(status.code) !== undefined;
    const err = isAsked ? watch() : stderr;
    const isShort = draining === null && shell.isAlive && shell.pair.finish(stdout, err);
    // Before what is left behind writes more.
    const early = isAsked ? judge(status, watch().tail()) : status;
    if (!isShort) await endSlowly();
    const judged = isAsked && early.signal === null ? judge(status, watch().tail()) : early;
    if (judged.words !== '') stderr.write(utf8(`${judged.words}\n`));
    if (isEnding) shell.end();
    isOver = true;
    sweeper.over(marker);
    order.onEnd(judged);
    return judged;
  };
  const told = Promise.withResolvers<Status>();
  try {
    shell.run(order.source, told.resolve);
  } catch (error) {
    late.cancel();
    sweeper.over(marker);
    throw error;
  }
  const ended = told.promise.then(finish);
  return {
    session: { id: shell.pid, isShell: true },
    ended,
    fed: Promise.resolve(),
    end: async () => {
      // Behind its end the session is another invocation's.
      if (isOver) return;
      isEnding = true;
      await endTree(tree, clock);
      await ended;
    },
  };
};
