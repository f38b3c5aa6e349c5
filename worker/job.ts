import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fromBase64, show } from '../protocol/bytes.ts';
import { PxError } from '../protocol/errors.ts';
import type { WorkerJob } from '../protocol/messages/worker.ts';
import type { Bundles } from './bundle/bundles.ts';
import { type BytePath, pathIn } from './bundle/entry.ts';
import type { Tree, TreePool } from './bundle/pool.ts';
import { removeAll } from './bundle/remove.ts';
import { Collector } from './collect/collector.ts';
import { createPatterns } from './collect/patterns.ts';
import { uploadMissing } from './collect/upload.ts';
import type { Connection } from './connection.ts';
import type { Host } from './host.ts';
import { giveTo, passMode } from './job-user.ts';
import { jobEnvironment } from './process/environment.ts';
import { retrying } from './retry.ts';
import { runSetup } from './setup-process.ts';

/** A job whose processes can be started on this node. */
export interface ReadyJob {
  spec: WorkerJob;
  tree: Tree;
  /** Where its processes start, as bytes. */
  cwd: Buffer;
  /** Without what px says about the attempt. */
  env: Record<string, string>;
  collector: Collector | null;
}

interface JobDeps {
  host: Host;
  connection: Connection;
  bundles: Bundles;
  pool: TreePool;
  /** `<dir>/jobs`. */
  dir: string;
  random: () => number;
}

const workdirOf = (spec: WorkerJob): BytePath => {
  const path = Buffer.from(fromBase64(spec.workdir)).toString('latin1');
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (!parts.includes('..') && !path.includes('\0')) return parts.join('/');
  throw new PxError('bundle_refused', 'The working directory lies outside of the bundle.');
};

/** One job on this node: what it needs is brought here once, and goes when the job is over. */
export class Job {
  readonly id: string;
  /** Times that it was reopened before: another opening has another environment. */
  readonly opening: number;
  readonly #deps: JobDeps;
  readonly #abort = new AbortController();
  readonly ready: Promise<ReadyJob>;
  #now: ReadyJob | null = null;
  #release = (): void => undefined;

  constructor(id: string, opening: number, deps: JobDeps) {
    this.id = id;
    this.opening = opening;
    this.#deps = deps;
    this.ready = this.#prepare();
    this.ready.catch(() => undefined);
  }

  /** The job once it is ready, else null. */
  get now(): ReadyJob | null {
    return this.#now;
  }

  /** Stops what prepares it and what it sends. */
  abort(): void {
    this.#abort.abort();
  }

  /** Stops what prepares it and gives its tree back. None of its processes lives any more. */
  async close(): Promise<void> {
    this.abort();
    const ready = await this.ready.catch(() => null);
    if (ready !== null) await this.#deps.pool.giveBack(ready.tree);
    this.#release();
    await removeAll(this.#home);
  }

  /** A directory of its own for each opening: the last one's may still be on its way out. */
  get #home(): string {
    return join(this.#deps.dir, this.opening === 0 ? this.id : `${this.id}.${this.opening}`);
  }

  async #prepare(): Promise<ReadyJob> {
    const { host, connection, random } = this.#deps;
    const { signal } = this.#abort;
    const again = <T>(call: () => Promise<T>) =>
      retrying({ clock: host.clock, random }, signal, call);
    const params = { id: this.id };
    const spec = await again(() => connection.call('workerJob', { params, signal }));
    const env = jobEnvironment(spec.env, host.defaults);
    const workdir = workdirOf(spec);
    const needed = await again(() =>
      this.#deps.bundles.wanted(
        spec,
        (text, cwd, stopped) => runSetup(host, env, text, cwd, stopped),
        signal,
      ),
    );
    this.#release = needed.release;
    const home = this.#home;
    await mkdir(home, { recursive: true });
    await chmod(home, passMode(host.user));
    const tree = await this.#deps.pool.take(join(home, 'work'), needed.tree);
    const cwd = pathIn(tree.root, workdir);
    // A directory that the bundle does not have.
    if ((await mkdir(cwd, { recursive: true })) !== undefined) giveTo(host.user, cwd);
    const ready = { spec, tree, cwd, env, collector: this.#collector(spec, tree) };
    this.#now = ready;
    return ready;
  }

  #collector(spec: WorkerJob, tree: Tree): Collector | null {
    if (spec.collect.length === 0) return null;
    const { host, connection, random } = this.#deps;
    const { signal } = this.#abort;
    return new Collector({
      tree,
      patterns: createPatterns(spec.collect),
      clock: host.clock,
      newCopy: () => join(host.runDir, `${host.newMarker()}.copy`),
      upload: async (uploads) => {
        try {
          await retrying({ clock: host.clock, random }, signal, () =>
            uploadMissing(connection, uploads, signal),
          );
          return true;
        } catch (error) {
          // Somebody still writes it: it is hashed again.
          if (error instanceof PxError && error.code === 'hash_mismatch') return false;
          throw error;
        }
      },
    });
  }
}

/** Says why a job cannot run here, for people. */
export const problemOf = (error: unknown): { code: string; message: string } => {
  if (error instanceof PxError) return { code: error.code, message: error.message };
  const message = error instanceof Error ? error.message : show(Buffer.from(String(error)));
  return { code: 'internal', message };
};
