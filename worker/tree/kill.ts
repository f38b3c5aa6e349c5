import type { Clock } from '../clock.ts';
import { groupLives, send } from './marked.ts';
import { processes } from './processes.ts';

/** 300 ms between SIGTERM and SIGKILL: within the second in which everything has to be gone. */
const TERM_MS = 300;
/** 20 ms between looks: processes that fork while they are being killed are found by the next look. */
const LOOK_MS = 20;
/** 10 s: what does not die of SIGKILL by then hangs in the kernel. */
const GIVE_UP_MS = 10_000;

/** An attempt's processes: the group that it was started as, and whatever carries its marker. */
export interface Tree {
  group: number;
  marker: string;
}

const markedOf = ({ marker }: Tree): readonly number[] => processes().marked.get(marker) ?? [];

const signalAll = (tree: Tree, signal: NodeJS.Signals): boolean => {
  const isGroup = groupLives(tree.group) && send(-tree.group, signal);
  const marked = markedOf(tree);
  for (const pid of marked) send(pid, signal);
  return isGroup || marked.length > 0;
};

const lives = (tree: Tree): boolean => groupLives(tree.group) || markedOf(tree).length > 0;

/** Kills without asking, again and again until nothing is left. */
export const killTree = async (
  tree: Tree,
  clock: Pick<Clock, 'sleep' | 'precise'>,
): Promise<void> => {
  const end = clock.precise() + GIVE_UP_MS;
  while (signalAll(tree, 'SIGKILL') && clock.precise() < end) await clock.sleep(LOOK_MS);
};

/** SIGTERM, a short time to end, then SIGKILL. Resolves when no process of the tree is left. */
export const endTree = async (
  tree: Tree,
  clock: Pick<Clock, 'sleep' | 'precise'>,
): Promise<void> => {
  const end = clock.precise() + TERM_MS;
  signalAll(tree, 'SIGTERM');
  send(-tree.group, 'SIGCONT');
  while (lives(tree) && clock.precise() < end) await clock.sleep(LOOK_MS);
  await killTree(tree, clock);
};
