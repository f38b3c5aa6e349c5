import { chmodSync, lstatSync, mkdirSync, renameSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { giveTo, type JobUser } from '../job-user.ts';
import type { BytePath, Laid, WantedTree } from './entry.ts';
import { layTree } from './lay.ts';
import { createPause } from './pause.ts';
import { removeAll } from './remove.ts';
import { pruneTree } from './verify.ts';

/** 4 trees: two bundles that alternate and a spare of each. */
const MAX_TREES = 4;
/** 2 GiB of trees that wait for a job. */
const MAX_BYTES = 2 * 2 ** 30;

/** A folder that holds exactly what was laid down, and then what a job made of it. */
export interface Tree {
  root: string;
  laid: Map<BytePath, Laid>;
  wanted: WantedTree;
  /** Milliseconds since 1970 by the file system: a file that is not older is checked by nothing but a copy. */
  trustedMs: number;
}

/** 20 ms: older kernels stamp files with a clock that ticks every 4 to 10 ms. */
const CLOCK_TICK_MS = 20;

/** The present by the clock of the file system, less the grain of its stamps. */
const trustedNow = (root: string): number => {
  chmodSync(root, 0o755);
  return lstatSync(root).ctimeMs - CLOCK_TICK_MS;
};

const bytesOf = ({ laid }: Tree): number => {
  let sum = 0;
  for (const { wanted } of laid.values()) if (wanted.kind === 'file') sum += wanted.size;
  return sum;
};

/** How many entries differ, by content; stops counting where it cannot win any more. */
const distance = (tree: Tree, wanted: WantedTree, limit: number): number => {
  if (tree.wanted === wanted) return 0;
  let count = Math.abs(tree.laid.size - wanted.size);
  for (const [path, entry] of wanted) {
    if (count >= limit) return limit;
    const there = tree.laid.get(path)?.wanted;
    const content = (of: typeof there) => (of?.kind === 'file' ? of.content : of?.kind);
    if (content(there) !== content(entry)) count += 1;
  }
  return count;
};

/**
 * Ready trees. A job gets one by a rename; when it has ended, its tree is brought back to what was
 * laid down, in the background, and waits for the next job of the same bundle or of a similar one.
 */
export class TreePool {
  readonly #dir: string;
  readonly #clock: Pick<Clock, 'precise'>;
  /** Whose trees they are. */
  readonly #user: JobUser | null;
  #ready: Tree[] = [];
  #made = 0;
  #cleaning: Promise<void> = Promise.resolve();

  constructor(dir: string, clock: Pick<Clock, 'precise'>, user: JobUser | null = null) {
    this.#dir = dir;
    this.#clock = clock;
    this.#user = user;
  }

  async prepare(): Promise<void> {
    await removeAll(this.#dir);
    await mkdir(this.#dir, { mode: 0o700 });
  }

  /** A tree at `root`, whose parent exists; whoever takes it gives it back. */
  async take(root: string, wanted: WantedTree): Promise<Tree> {
    await this.#cleaning;
    const best = this.#nearest(wanted);
    const tree: Tree = { root, laid: best?.laid ?? new Map(), wanted, trustedMs: 0 };
    if (best === null) {
      mkdirSync(root);
      giveTo(this.#user, root);
    } else renameSync(best.root, root);
    try {
      await layTree(root, tree.laid, wanted, createPause(this.#clock), this.#user);
      tree.trustedMs = trustedNow(root);
    } catch (error) {
      await removeAll(root);
      throw error;
    }
    return tree;
  }

  /** The job is over and none of its processes lives: the tree is cleaned and waits for the next. */
  giveBack(tree: Tree): Promise<void> {
    this.#cleaning = this.#cleaning
      .then(() => this.#clean(tree))
      .catch(() => removeAll(tree.root))
      .catch(() => undefined);
    return this.#cleaning;
  }

  async #clean(tree: Tree): Promise<void> {
    const root = join(this.#dir, String(this.#made));
    this.#made += 1;
    renameSync(tree.root, root);
    const moved = { ...tree, root };
    try {
      const pause = createPause(this.#clock);
      await pruneTree(root, moved.laid, moved.trustedMs, pause);
      await layTree(root, moved.laid, moved.wanted, pause, this.#user);
      this.#ready.unshift(moved);
    } catch {
      await removeAll(root);
    }
    await this.#trim();
  }

  #nearest(wanted: WantedTree): Tree | null {
    // Laying down a file costs much more than comparing it, but a tree that shares nothing is no help.
    let best: { tree: Tree; far: number } | null = null;
    for (const tree of this.#ready) {
      const far = distance(tree, wanted, best?.far ?? wanted.size + 1);
      if (far < (best?.far ?? wanted.size + 1)) best = { tree, far };
    }
    if (best === null) return null;
    const { tree } = best;
    this.#ready = this.#ready.filter((other) => other !== tree);
    return tree;
  }

  async #trim(): Promise<void> {
    let bytes = 0;
    const kept: Tree[] = [];
    const gone: Tree[] = [];
    for (const tree of this.#ready) {
      bytes += bytesOf(tree);
      (kept.length < MAX_TREES && bytes <= MAX_BYTES ? kept : gone).push(tree);
    }
    this.#ready = kept;
    for (const { root } of gone) await removeAll(root);
  }
}
