import type { Stats } from 'node:fs';
import { realpath, rm } from 'node:fs/promises';
import { PxError } from '../../protocol/errors.ts';
import { LINK_MODE } from '../../protocol/messages/bundles.ts';
import type { CollectedChange } from '../../protocol/messages/worker.ts';
import type { BytePath } from '../bundle/entry.ts';
import { createPause } from '../bundle/pause.ts';
import type { Tree } from '../bundle/pool.ts';
import { signatureOf } from '../bundle/signature.ts';
import { walk } from '../bundle/walk.ts';
import type { Clock } from '../clock.ts';
import type { Patterns } from './patterns.ts';
import { linkContent, type Snapshot, takeSnapshot } from './snapshot.ts';
import type { Upload } from './upload.ts';

/** An attempt that may have written a file. */
interface Writer {
  partition: number;
  attempt: number;
}

interface CollectorDeps {
  tree: Tree;
  patterns: Patterns;
  clock: Pick<Clock, 'precise' | 'now'>;
  /** Stores what is not stored yet; false where a file changed meanwhile and has to be hashed again. */
  upload: (uploads: readonly Upload[]) => Promise<boolean>;
  /** A path for a copy of a file. */
  newCopy: () => string;
}

const SHA256 = /^[0-9a-f]{64}$/;

/** 5 tries for a file that changes while it is being sent; the last one sends a copy of it. */
const TRIES = 5;

const toBase64 = (path: BytePath): string => Buffer.from(path, 'latin1').toString('base64');

/**
 * Finds what a job's processes made of the files that should come home. A change is listed in every
 * completion until one that lists it is acknowledged, so that none is lost with another attempt.
 */
export class Collector {
  readonly #deps: CollectorDeps;
  /** As each file was at the last scan; what stands in the bundle is known from the start. */
  readonly #known = new Map<BytePath, string>();
  /** What stands in the bundle, by content: written again with the same bytes is no change. */
  readonly #original = new Map<BytePath, { content: string; mode: number }>();
  /** Laid down so shortly before the job that their stamps may not tell a change: hashed once. */
  readonly #young = new Set<BytePath>();
  readonly #pending = new Map<string, CollectedChange>();
  readonly #running = new Set<Writer>();
  #endedSince: Writer[] = [];
  #version: number;
  #scan: { done: Promise<void>; begun: boolean } | null = null;

  constructor(deps: CollectorDeps) {
    this.#deps = deps;
    // Grows over restarts of the worker too.
    this.#version = deps.clock.now() * 1000;
    for (const [path, { wanted, signature, ctimeMs }] of deps.tree.laid) {
      if (wanted.kind === 'dir' || !deps.patterns.matches(path)) continue;
      this.#known.set(path, signature);
      if (wanted.kind === 'link') {
        this.#original.set(path, { content: linkContent(wanted.target).sha256, mode: LINK_MODE });
        continue;
      }
      this.#original.set(path, wanted);
      if (ctimeMs >= deps.tree.trustedMs && SHA256.test(wanted.content)) this.#young.add(path);
    }
  }

  begin(writer: Writer): void {
    this.#running.add(writer);
  }

  end(writer: Writer): void {
    if (this.#running.delete(writer)) this.#endedSince.push(writer);
  }

  /**
   * Every change that is not acknowledged yet, after a scan that began now or later; its content is
   * stored. Throws `collect_failed` where it cannot be: the attempt must not count as done then.
   */
  async collect(): Promise<CollectedChange[]> {
    const last = this.#scan;
    if (last === null || last.begun) {
      const scan = { begun: false, done: Promise.resolve() };
      scan.done = (last?.done ?? Promise.resolve())
        .catch(() => undefined)
        .then(() => {
          scan.begun = true;
          return this.#look();
        });
      this.#scan = scan;
    }
    await this.#scan?.done;
    return [...this.#pending.values()];
  }

  /**
   * The content of changes that are not acknowledged is not stored any more: it is stored again.
   * Answers as `collect` does.
   */
  restore(missing: ReadonlySet<string>): Promise<CollectedChange[]> {
    for (const { path, sha256 } of this.#pending.values()) {
      if (sha256 === null || !missing.has(sha256)) continue;
      // No file has this signature: the next scan takes it for a change.
      this.#known.set(Buffer.from(path, 'base64').toString('latin1'), '');
    }
    return this.collect();
  }

  /** A completion with these changes is durable. */
  acknowledged(changes: readonly CollectedChange[]): void {
    for (const { path, version } of changes) {
      if (this.#pending.get(path)?.version === version) this.#pending.delete(path);
    }
  }

  async #look(): Promise<void> {
    const writers = [...this.#endedSince, ...this.#running];
    this.#endedSince = [];
    const { tree, patterns, clock } = this.#deps;
    const seen = new Set<BytePath>();
    const changed = new Map<BytePath, Stats>();
    const pause = createPause(clock);
    for await (const { path, stats } of walk(tree.root, pause, patterns.matches, patterns.enters)) {
      if (!stats.isFile() && !stats.isSymbolicLink()) continue;
      seen.add(path);
      const isKnown = this.#known.get(path) === signatureOf(stats) && !this.#young.has(path);
      if (!isKnown) changed.set(path, stats);
    }
    await this.#store(changed, writers);
    for (const path of [...this.#known.keys()]) {
      if (seen.has(path)) continue;
      this.#known.delete(path);
      this.#original.delete(path);
      this.#note({ path: toBase64(path), mode: 0, size: 0, sha256: null }, writers);
    }
  }

  async #store(changed: ReadonlyMap<BytePath, Stats>, writers: readonly Writer[]): Promise<void> {
    if (changed.size === 0) return;
    const named = this.#deps.tree.root;
    const roots = { named, real: await realpath(named) };
    const copies: string[] = [];
    try {
      for (let tries = 1; tries <= TRIES; tries += 1) {
        const uploads = new Map<BytePath, Snapshot>();
        for (const [path, stats] of changed) {
          const copy = tries === TRIES ? this.#deps.newCopy() : null;
          if (copy !== null) copies.push(copy);
          const upload = await takeSnapshot(roots, path, stats, copy);
          if (upload !== null) uploads.set(path, upload);
        }
        if (!(await this.#deps.upload([...uploads.values()]))) continue;
        for (const [path, stats] of changed) this.#stored(path, stats, uploads.get(path), writers);
        return;
      }
    } finally {
      await Promise.all(copies.map((copy) => rm(copy, { force: true })));
    }
    throw new PxError('collect_failed', 'The collected files of a job could not be stored whole.');
  }

  #stored(
    path: BytePath,
    stats: Stats,
    upload: Snapshot | undefined,
    writers: readonly Writer[],
  ): void {
    if (upload === undefined) return;
    this.#known.set(path, signatureOf(stats));
    this.#young.delete(path);
    const { size, sha256, mode } = upload;
    const original = this.#original.get(path);
    if (original?.content === sha256 && original.mode === mode) return;
    this.#original.delete(path);
    this.#note({ path: toBase64(path), mode, size, sha256 }, writers);
  }

  #note(change: Omit<CollectedChange, 'version' | 'writers'>, writers: readonly Writer[]): void {
    this.#version += 1;
    const earlier = this.#pending.get(change.path)?.writers ?? [];
    const all = [...earlier, ...writers].map(({ partition, attempt }) => ({ partition, attempt }));
    const unique = new Map(all.map((writer) => [`${writer.partition} ${writer.attempt}`, writer]));
    this.#pending.set(change.path, {
      ...change,
      version: this.#version,
      writers: [...unique.values()],
    });
  }
}
