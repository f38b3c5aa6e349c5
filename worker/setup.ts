import { readlinkSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PxError } from '../protocol/errors.ts';
import { type BytePath, pathIn, type Wanted, type WantedTree } from './bundle/entry.ts';
import type { Layer } from './bundle/layer.ts';
import { createPause } from './bundle/pause.ts';
import type { Tree, TreePool } from './bundle/pool.ts';
import { removeAll } from './bundle/remove.ts';
import { signatureOf } from './bundle/signature.ts';
import { type Found, walk } from './bundle/walk.ts';
import type { Clock } from './clock.ts';
import { setupId } from './setup-id.ts';

const wantedOf = (root: string, id: string, { path, stats }: Found): Wanted | null => {
  const mode = stats.mode & 0o7777;
  if (stats.isDirectory()) return { kind: 'dir', mode };
  const source = pathIn(root, path);
  if (stats.isSymbolicLink()) {
    return { kind: 'link', target: readlinkSync(source, { encoding: 'latin1' }) };
  }
  // A socket or FIFO that setup left behind belongs to a process that is gone.
  if (!stats.isFile()) return null;
  return {
    kind: 'file',
    mode,
    size: stats.size,
    content: `${id} ${stats.ino} ${stats.ctimeMs}`,
    source,
  };
};

/** What differs from what was laid down. */
const layerOf = async (id: string, tree: Tree, clock: Pick<Clock, 'precise'>): Promise<Layer> => {
  const entries = new Map<BytePath, Wanted>();
  const seen = new Set<BytePath>();
  for await (const found of walk(tree.root, createPause(clock))) {
    seen.add(found.path);
    if (tree.laid.get(found.path)?.signature === signatureOf(found.stats)) continue;
    const wanted = wantedOf(tree.root, id, found);
    if (wanted !== null) entries.set(found.path, wanted);
  }
  const deleted = new Set([...tree.laid.keys()].filter((path) => !seen.has(path)));
  return { id, entries, deleted };
};

export interface SetupDeps {
  /** `<dir>/setup`. */
  dir: string;
  clock: Pick<Clock, 'precise' | 'sleep'>;
  pool: TreePool;
  /** Of the folders above the trees: what a setup made may be used where it stands. */
  mode: number;
  /** Runs the text; resolves with the last bytes of its output and how it ended, null = well. */
  run: (
    text: string,
    cwd: string,
    signal: AbortSignal,
  ) => Promise<{ failure: string | null; tail: string }>;
}

/** 8 setups with their trees stay on a node; one that a job uses always does. */
const MAX_LAYERS = 8;

/** 20 ms: older kernels stamp files with a clock that ticks every 4 to 10 ms. */
const CLOCK_TICK_MS = 20;

/** Runs setups, one at a time and each once; the trees stay, since what is in them may name its path. */
export class Setups {
  readonly #deps: Omit<SetupDeps, 'run'>;
  /** The last used stand at the end. */
  readonly #layers = new Map<string, Layer>();
  /** One entry for each job that uses a layer. */
  #inUse: Layer[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  constructor(deps: Omit<SetupDeps, 'run'>) {
    this.#deps = deps;
  }

  async prepare(): Promise<void> {
    await removeAll(this.#deps.dir);
    await mkdir(this.#deps.dir);
    await chmod(this.#deps.dir, this.#deps.mode);
  }

  /**
   * The layer of this setup over this bundle, until it is released.
   *
   * @throws PxError `setup_failed` with the end of its output
   */
  layer(
    text: string,
    bundle: WantedTree,
    run: SetupDeps['run'],
    signal: AbortSignal,
  ): Promise<Layer> {
    const mine = this.#turn.then(async () => {
      const layer = await this.#make(text, bundle, run, signal);
      this.#layers.delete(layer.id);
      this.#layers.set(layer.id, layer);
      this.#inUse.push(layer);
      await this.#trim();
      return layer;
    });
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  release(layer: Layer): void {
    this.#inUse = this.#inUse.toSpliced(this.#inUse.indexOf(layer), 1);
  }

  async #trim(): Promise<void> {
    const idle = [...this.#layers.values()].filter((layer) => !this.#inUse.includes(layer));
    for (const { id } of idle.slice(0, Math.max(0, this.#layers.size - MAX_LAYERS))) {
      this.#layers.delete(id);
      await removeAll(join(this.#deps.dir, id));
    }
  }

  async #make(
    text: string,
    bundle: WantedTree,
    run: SetupDeps['run'],
    signal: AbortSignal,
  ): Promise<Layer> {
    const id = setupId(text, bundle);
    const known = this.#layers.get(id);
    if (known !== undefined) return known;
    signal.throwIfAborted();
    const home = join(this.#deps.dir, id);
    await removeAll(home);
    await mkdir(home);
    await chmod(home, this.#deps.mode);
    const tree = await this.#deps.pool.take(join(home, 'work'), bundle);
    // Later than anything that was laid down: every change has another stamp.
    await this.#deps.clock.sleep(CLOCK_TICK_MS);
    const { failure, tail } = await run(text, tree.root, signal);
    signal.throwIfAborted();
    if (failure !== null) {
      await removeAll(home);
      throw new PxError('setup_failed', `The setup ${failure}.\n${tail.trimEnd()}`.trimEnd());
    }
    return await layerOf(id, tree, this.#deps.clock);
  }
}
