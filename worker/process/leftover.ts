import type { Clock } from '../clock.ts';
import { killTree, type Tree } from '../tree/kill.ts';
import type { Draining } from './drain.ts';

/** 1 s for what a process leaves behind in its group, or holding its output, to end by itself. */
const LEFTOVER_MS = 1000;
/** 500 ms for the last bytes of a pipe whose writers were killed. */
const LAST_BYTES_MS = 500;
const LOOK_MS = 20;

/**
 * What stays in the group or holds the output open gets a short time, then it is killed.
 *
 * @param isAlone whether nothing of the attempt is left in the group
 * @returns whether something was killed
 */
export const endLeftover = async (
  tree: Tree,
  pipes: readonly Draining[],
  isAlone: () => boolean,
  clock: Pick<Clock, 'sleep' | 'precise'>,
): Promise<boolean> => {
  let isDry = false;
  const dry = Promise.all(pipes.map(({ ended }) => ended)).then(() => {
    isDry = true;
  });
  const isOver = (): boolean => isDry && isAlone();
  const until = clock.precise() + LEFTOVER_MS;
  // Nearly always the pipes close with the process.
  await Promise.race([dry, clock.sleep(LOOK_MS)]);
  while (!isOver() && clock.precise() < until) await clock.sleep(LOOK_MS);
  if (isOver()) return false;
  await killTree(tree, clock);
  await Promise.race([dry, clock.sleep(LAST_BYTES_MS)]);
  for (const pipe of pipes) pipe.cut();
  await dry;
  return true;
};
