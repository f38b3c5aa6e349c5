import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { HEADER_MAX_BYTES } from '../protocol/frames.ts';
import type { Outcome } from '../protocol/messages/jobs.ts';
import type { CollectedChange } from '../protocol/messages/worker.ts';
import type { Host } from './host.ts';
import type { ReadyJob } from './job.ts';
import type { Held } from './lease/book.ts';
import { argsProblem } from './process/arg-limits.ts';
import { commandLine, writePrivate } from './process/command-line.ts';
import { attemptVariables, type Environment } from './process/environment.ts';
import { buildInvocation, type Invocation } from './process/invocation.ts';
import { outcomeOf } from './process/outcome.ts';
import { plainCommand } from './process/shell/plain.ts';
import { supervise } from './process/supervise.ts';
import type { PlainCommand, Supervised } from './process/supervised.ts';
import type { Outbox } from './report/outbox.ts';

const TAKEN_BACK = new Error('its machine is taken back');

interface AttemptOptions {
  host: Host;
  job: ReadyJob;
  held: Held;
  outbox: Outbox;
  slot: number;
  /** The bytes of its share of the input. */
  input: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Its input cannot be had any more. */
  onGivenUp: (error: unknown) => void;
}

/** Leaves 64 KiB of a frame's header to the rest of a completion. */
const COLLECTED_MAX_BYTES = HEADER_MAX_BYTES - (64 << 10);

/** How a process tree ended, and what it used. */
interface Ending {
  outcome: Outcome;
  runtimeMs: number;
  cpuMs: number | null;
  peakRssBytes: number | null;
}

/** One execution of a partition, from its start to its completion in the outbox. */
export class Attempt {
  readonly #options: AttemptOptions;
  readonly #marker: string;
  readonly #files: string[] = [];
  #process: Supervised | null = null;
  #collected: CollectedChange[] = [];
  #isLost = false;
  #timedOut = false;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#marker = options.host.newMarker();
  }

  /**
   * Runs it. `onFree` is called when its last process is gone; what comes after needs no slot. The
   * promise resolves when the completion is in the outbox, and at once after `lose`.
   */
  async run(onFree: () => void): Promise<void> {
    const { host, job, held, outbox } = this.#options;
    const writer = { partition: held.lease.partition, attempt: held.lease.attempt };
    job.collector?.begin(writer);
    const ending = await this.#execute().finally(() => {
      job.collector?.end(writer);
      onFree();
    });
    await this.#cleanUp();
    if (this.#isLost) return;
    if (ending.outcome.kind === 'signal' && (await host.isTakenBack())) {
      this.#options.onGivenUp(TAKEN_BACK);
      return;
    }
    this.#collected = (await job.collector?.collect()) ?? [];
    if (this.#isLost) return;
    if (JSON.stringify(this.#collected).length < COLLECTED_MAX_BYTES) {
      outbox.done({ ...ending, collected: this.#collected });
    } else {
      const message = `${this.#collected.length} collected files changed, more than one completion can list. Use more partitions.`;
      outbox.done({ ...ending, outcome: { kind: 'spawn', message }, collected: [] });
      this.#collected = [];
    }
  }

  /** Its completion is durable. */
  acknowledged(): void {
    this.#options.job.collector?.acknowledged(this.#collected);
  }

  /** The lease does not count any more: everything of it is killed and nothing is reported. */
  async lose(): Promise<void> {
    this.#isLost = true;
    this.#options.outbox.close();
    await this.#process?.end();
  }

  async #execute(): Promise<Ending> {
    const { host, outbox } = this.#options;
    const kills = host.memoryKills.recent();
    const startedAt = host.clock.precise();
    const runtimeMs = (): number => Math.round(host.clock.precise() - startedAt);
    try {
      await this.#begin();
    } catch (error) {
      outbox.started();
      const outcome = { kind: 'spawn' as const, message: messageOf(error) };
      return { outcome, runtimeMs: runtimeMs(), cpuMs: null, peakRssBytes: null };
    }
    outbox.started();
    const process = this.#process;
    if (process === null) throw new Error('an attempt that has begun has a process');
    const stopTimer = this.#limitTime(process);
    host.usage.track(process.session);
    process.fed.catch((error: unknown) => this.#options.onGivenUp(error));
    const exit = await process.ended;
    stopTimer();
    outbox.end(1);
    outbox.end(2);
    const outOfMemory = (): boolean => host.memoryKills.now() > kills;
    return {
      outcome: outcomeOf(exit, { timedOut: this.#timedOut, outOfMemory }),
      runtimeMs: runtimeMs(),
      ...host.usage.take(process.session),
    };
  }

  async #begin(): Promise<void> {
    const { host, job, held, outbox, slot, input } = this.#options;
    const { lease } = held;
    const place = { node: host.nodeName, slot, cpus: host.cpusPerSlot, marker: this.#marker };
    const env = { job: job.env, own: attemptVariables({ ...lease, ...place }) };
    const invocation = await this.#invocation(env);
    if (this.#isLost) throw new Error('the lease was lost before its start');
    const sink = (stream: 1 | 2) => ({
      write: (bytes: Uint8Array) => outbox.write(stream, bytes),
      get full() {
        return outbox.full;
      },
      onRoom: (call: () => void) => outbox.onRoom(call),
    });
    const stdin = job.spec.input.kind === 'stdin' ? input : null;
    this.#process = await supervise(host, {
      command: () => commandLine(invocation, job.cwd, () => this.#newPath(), host.user),
      plain: this.#plain(invocation),
      env,
      marker: this.#marker,
      stdin,
      stdout: sink(1),
      stderr: sink(2),
    });
    if (this.#isLost) await this.#process.end();
  }

  #plain(invocation: Invocation): PlainCommand | null {
    const { job, held } = this.#options;
    if (job.collector !== null) return null;
    const isTriedAgain = held.lease.attempt === 1 && job.spec.crashRetries > 0;
    return plainCommand(invocation, job.cwd, isTriedAgain);
  }

  async #invocation(env: Environment): Promise<Invocation> {
    const { host, job, held, input } = this.#options;
    const { firstLine, step } = held.lease;
    const keep = async (source: Uint8Array): Promise<string> => {
      const path = this.#newPath();
      await writePrivate(path, [source], host.user);
      return path;
    };
    const share = { pieces: input, firstLine, step };
    const invocation = await buildInvocation(job.spec.command, job.spec.input, share, keep);
    const words = invocation.kind === 'words' ? invocation.words : [];
    const problem = argsProblem(words, env, host.argsMaxBytes);
    if (problem !== null) throw new Error(problem);
    return invocation;
  }

  #newPath(): string {
    const path = join(this.#options.host.runDir, `${this.#marker}.${this.#files.length}.sh`);
    this.#files.push(path);
    return path;
  }

  #limitTime(process: Supervised): () => void {
    const { host, job } = this.#options;
    if (job.spec.timeoutMs === null) return () => undefined;
    const timer = host.clock.after(job.spec.timeoutMs, () => {
      this.#timedOut = true;
      process.end().catch(() => undefined);
    });
    return () => timer.cancel();
  }

  async #cleanUp(): Promise<void> {
    for (const path of this.#files) await unlink(path).catch(() => undefined);
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
