import { readFile } from 'node:fs/promises';
import type { WorkerJob } from '../../protocol/messages/worker.ts';
import type { SetupDeps, Setups } from '../setup.ts';
import type { BlobCache } from './blobs.ts';
import type { WantedTree } from './entry.ts';
import { type Layer, withLayer } from './layer.ts';
import { parseManifest } from './manifest.ts';

/** 8 parsed trees of at most 20,000 entries: some 30 MB at the worst. */
const MAX_KEPT = 8;

/** What a tree should hold, kept on this node until it is released. */
interface Needed {
  tree: WantedTree;
  release: () => void;
}

/** What the trees of jobs should hold: their bundle, under the layer of their setup. */
export class Bundles {
  readonly #blobs: BlobCache;
  readonly #setups: Setups;
  /** Parsed manifests; the last used stand at the end. */
  readonly #kept = new Map<string, WantedTree>();
  readonly #layered = new WeakMap<Layer, WeakMap<WantedTree, WantedTree>>();

  constructor(blobs: BlobCache, setups: Setups) {
    this.#blobs = blobs;
    this.#setups = setups;
  }

  /** Fetches what is missing here and runs the setup where that has not been done. */
  async wanted(
    { bundle, setup }: Pick<WorkerJob, 'bundle' | 'setup'>,
    run: SetupDeps['run'],
    signal: AbortSignal,
  ): Promise<Needed> {
    const tree = bundle === null ? new Map() : await this.#bundle(bundle, signal);
    if (setup === null) return { tree, release: () => undefined };
    const layer = await this.#setups.layer(setup, tree, run, signal);
    const known = this.#layered.get(layer)?.get(tree);
    const whole = known ?? withLayer(tree, layer);
    this.#layered.set(layer, (this.#layered.get(layer) ?? new WeakMap()).set(tree, whole));
    return { tree: whole, release: () => this.#setups.release(layer) };
  }

  /** Forgets what was long not used where there is too much; no job lives now. */
  async trim(): Promise<void> {
    await this.#blobs.trim();
  }

  async #bundle(bundle: string, signal: AbortSignal): Promise<WantedTree> {
    const tree = await this.#keep(bundle, async () => {
      await this.#blobs.ensure([bundle], signal);
      const bytes = await readFile(this.#blobs.path(bundle));
      return parseManifest(bytes, (sha256) => this.#blobs.path(sha256));
    });
    const contents = [...tree.values()].flatMap((one) => (one.kind === 'file' ? one.content : []));
    await this.#blobs.ensure(contents, signal);
    return tree;
  }

  async #keep(name: string, make: () => Promise<WantedTree>): Promise<WantedTree> {
    const tree = this.#kept.get(name) ?? (await make());
    this.#kept.delete(name);
    this.#kept.set(name, tree);
    const oldest = this.#kept.keys().next().value;
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return tree;
  }
}
