import type { CollectedChange, Lease, LeaseKey } from '../protocol/messages/worker.ts';
import { Attempt } from './attempt.ts';
import type { Connection } from './connection.ts';
import { evaluateGlob } from './glob.ts';
import type { Host } from './host.ts';
import { inputOf } from './input.ts';
import { type Job, problemOf, type ReadyJob } from './job.ts';
import type { Held, LeaseBook } from './lease/book.ts';
import { keyOf } from './lease/key.ts';
import { Queue, startsBeside } from './lease/queue.ts';
import type { Completion } from './report/outbox.ts';
import type { Reporter } from './report/reporter.ts';
import type { Signal } from './signal.ts';
import type { Slots } from './slots.ts';

interface RunnerDeps {
  host: Host;
  connection: Connection;
  /** The control plane's folder; null where it is elsewhere. */
  home: string | null;
  random: () => number;
  book: LeaseBook;
  slots: Slots;
  reporter: Reporter;
  newJob: (id: string, opening: number) => Job;
  /** No job is left here. */
  onIdle: () => Promise<void>;
  /** Raised whenever a slot became free or the queue became shorter. */
  changed: Signal;
}

/** Made once: an abort without a reason makes an error with a stack each time. */
const OVER = new Error('the attempt is over');
/** For what has nothing to stop. */
const NEVER = new AbortController().signal;

/** What runs for a lease. */
interface Running {
  lose: () => Promise<void>;
  acknowledged: () => void;
  /** Stores collected files again; those of the job as they are now. */
  restore: (missing: ReadonlySet<string>) => Promise<CollectedChange[]>;
}

/** The names are stored and sealed. */
const GLOB_DONE: Completion = {
  outcome: { kind: 'exit', code: 0 },
  runtimeMs: 0,
  cpuMs: null,
  peakRssBytes: null,
  collected: [],
};

/** Starts what was leased as slots and jobs become ready, and ends what must go. */
export class Runner {
  readonly #deps: RunnerDeps;
  readonly #queue = new Queue();
  readonly #running = new Map<string, Running>();
  readonly #jobs = new Map<string, Job>();
  /** What is going on, by job. */
  readonly #endings = new Map<Promise<void>, string>();
  #isDraining = false;

  constructor(deps: RunnerDeps) {
    this.#deps = deps;
  }

  /** Leases that are held and not started. */
  get queued(): number {
    return this.#queue.size;
  }

  get jobs(): string[] {
    return [...this.#jobs.keys()];
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Queues a lease; `pump` starts it. `now`: monotonic milliseconds, when its claim was answered. */
  accept(lease: Lease, input: Uint8Array, now: number): void {
    const held = this.#deps.book.add(lease, input, now);
    if (held === null) return;
    this.#queue.add(held);
    if (this.#isDraining) this.release(lease);
    else this.#job(lease);
  }

  /** Starts what can be started. */
  pump(): void {
    const { slots, changed } = this.#deps;
    // A long queue is not gone through for each of its attempts: no slot, no start, but beside them.
    let beside = this.#queue.beside;
    for (const held of this.#queue.all()) {
      if (slots.idle === 0 && beside === 0) break;
      if (startsBeside(held)) beside -= 1;
      const ready = this.#jobs.get(held.lease.job)?.now ?? null;
      if (ready !== null && this.#start(held, ready)) this.#queue.remove(held.lease);
    }
    changed.raise();
  }

  /** Gives a lease back that has not been started; one that has goes on. */
  release(key: LeaseKey): void {
    const held = this.#unqueue(key);
    if (held !== undefined) this.#deps.reporter.open(key).released();
  }

  /** Whether nothing is held any more. */
  get isEmpty(): boolean {
    return this.#deps.book.size === 0;
  }

  /** Gives back all that has not been started, and takes nothing more. */
  drain(): void {
    this.#isDraining = true;
    for (const { lease } of this.#queue.all()) this.release(lease);
  }

  /** The lease does not count any more: whatever runs for it is killed, nothing is reported. */
  async lose(key: LeaseKey): Promise<void> {
    // A control poll names what was acknowledged since it was sent.
    if (this.#deps.book.get(key) === undefined) return;
    this.#unqueue(key);
    this.#deps.reporter.drop(key);
    this.#deps.book.remove(key);
    const running = this.#running.get(keyOf(key));
    this.#running.delete(keyOf(key));
    await running?.lose();
  }

  /** Nothing was acknowledged for too long. What has not been started is given back. */
  fence(held: Held): void {
    this.#deps.host.log.warn('past the fence', { ...keyed(held.lease), phase: held.phase });
    if (held.phase === 'queued') this.release(held.lease);
    else this.#background(held.lease.job, this.lose(held.lease));
    // Either way it is not to be looked at again.
    held.phase = 'ended';
  }

  /** Stores collected files of an attempt again whose content the control plane has not any more. */
  async restore(key: LeaseKey, missing: ReadonlySet<string>): Promise<CollectedChange[]> {
    return (await this.#running.get(keyOf(key))?.restore(missing)) ?? [];
  }

  /** Everything of a lease is acknowledged. */
  over(key: LeaseKey): void {
    this.#running.get(keyOf(key))?.acknowledged();
    this.#running.delete(keyOf(key));
    this.#deps.book.remove(key);
    this.pump();
  }

  /** The job is over: what is left of it here goes. A lease of it that is held means that it runs again. */
  async endJob(id: string): Promise<void> {
    const job = this.#jobs.get(id);
    const { book } = this.#deps;
    if (job === undefined || book.all().some(({ lease }) => lease.job === id)) return;
    await this.#retire(job);
  }

  /** Kills everything; resolves when no process is left. */
  async stop(): Promise<void> {
    this.#isDraining = true;
    const all = this.#deps.book.all();
    for (const job of this.#jobs.values()) job.abort();
    await Promise.all(all.map(({ lease }) => this.lose(lease)));
    await Promise.all(this.#endings.keys());
    await this.#deps.host.sweeper.sweep();
  }

  /** Closes a job once nothing of it goes on. */
  async #retire(job: Job): Promise<void> {
    this.#jobs.delete(job.id);
    job.abort();
    const going = [...this.#endings].flatMap(([ending, of]) => (of === job.id ? ending : []));
    await Promise.all(going);
    await this.#deps.host.sweeper.sweep();
    await job.close();
    if (this.#jobs.size === 0) await this.#deps.onIdle();
  }

  #start(held: Held, ready: ReadyJob): boolean {
    const { slots, reporter } = this.#deps;
    const { lease } = held;
    const beside = startsBeside(held);
    if (reporter.budget.full && !beside) return false;
    const slot = slots.take(beside);
    if (slot === null) return false;
    held.phase = 'running';
    const run = lease.kind === 'glob' ? this.#list(held, ready) : this.#attempt(held, ready, slot);
    const free = (): void => {
      held.phase = 'ended';
      slots.free(slot);
      this.pump();
    };
    this.#background(
      lease.job,
      run(free).catch((error: unknown) => {
        // A bug, a disk that is full, a file that cannot be stored: loudly, instead of waiting for ever.
        if (this.#deps.book.get(lease) !== held) return;
        reporter.drop(lease);
        const { code, message } = problemOf(error);
        reporter.open(lease).refused(code, message);
        throw error;
      }),
    );
    return true;
  }

  #attempt(held: Held, job: ReadyJob, slot: number) {
    const { host, connection, home, random, reporter } = this.#deps;
    const { lease } = held;
    // Making one and aborting it is felt where an attempt takes a millisecond.
    const abort = lease.input === 'fetch' ? new AbortController() : null;
    let isOver = false;
    const end = (): void => {
      isOver = true;
      abort?.abort(OVER);
    };
    const attempt = new Attempt({
      host,
      job,
      held,
      slot,
      outbox: reporter.open(lease),
      input: inputOf({ connection, home, clock: host.clock, random }, held, abort?.signal ?? NEVER),
      onGivenUp: (error) => {
        if (isOver) return;
        host.log.warn('an attempt is given up', { ...keyed(lease), error: String(error) });
        this.#background(lease.job, this.lose(lease));
      },
    });
    this.#running.set(keyOf(lease), {
      acknowledged: () => attempt.acknowledged(),
      restore: async (missing) => (await job.collector?.restore(missing)) ?? [],
      lose: () => {
        end();
        return attempt.lose();
      },
    });
    return (onFree: () => void) => attempt.run(onFree).finally(end);
  }

  #list({ lease }: Held, job: ReadyJob) {
    const abort = new AbortController();
    const over = async (): Promise<void> => abort.abort();
    this.#running.set(keyOf(lease), {
      acknowledged: () => undefined,
      restore: async () => [],
      lose: over,
    });
    return async (onFree: () => void): Promise<void> => {
      try {
        await evaluateGlob(this.#deps, job, lease, abort.signal);
        this.#deps.reporter.open(lease).done(GLOB_DONE);
      } catch (error) {
        const { code, message } = problemOf(error);
        if (code === 'stale_lease') await this.lose(lease);
        else if (!abort.signal.aborted) this.#deps.reporter.open(lease).refused(code, message);
      } finally {
        onFree();
      }
    };
  }

  #job({ job: id, opening }: Lease): void {
    const known = this.#jobs.get(id);
    if (known !== undefined && known.opening >= opening) return;
    if (known !== undefined) this.#background(id, this.#retire(known));
    const job = this.#deps.newJob(id, opening);
    this.#jobs.set(id, job);
    job.ready.then(
      () => this.pump(),
      (error: unknown) => this.#refuse(job, error),
    );
  }

  /** The job cannot run here: each of its leases says so, and the next lease tries again. */
  #refuse(job: Job, error: unknown): void {
    if (this.#jobs.get(job.id) !== job) return;
    this.#jobs.delete(job.id);
    const { code, message } = problemOf(error);
    this.#deps.host.log.warn('a job cannot run here', { job: job.id, code, message });
    for (const { lease } of this.#queue.all()) {
      if (lease.job !== job.id) continue;
      this.#unqueue(lease);
      if (code === 'stale_lease' || code === 'job_not_found')
        this.#background(lease.job, this.lose(lease));
      else this.#deps.reporter.open(lease).refused(code, message);
    }
    this.#background(job.id, job.close());
  }

  #unqueue(key: LeaseKey): Held | undefined {
    const held = this.#queue.remove(key);
    if (held !== undefined) this.#deps.changed.raise();
    return held;
  }

  #background(job: string, work: Promise<void>): void {
    const ending = work
      .catch((error: unknown) => this.#deps.host.log.error('unexpected', { error: stackOf(error) }))
      .finally(() => this.#endings.delete(ending));
    this.#endings.set(ending, job);
  }
}

const keyed = ({ job, partition, attempt }: Lease) => ({ job, partition, attempt });

const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
