import type { Client } from '../../protocol/client.ts';
import type { PxError } from '../../protocol/errors.ts';
import type { JobView } from '../../protocol/messages/jobs.ts';
import type { OutputFrame } from '../../protocol/messages/output.ts';
import type { Context } from '../context.ts';
import { Failures } from './failures.ts';
import { followOutput, type OutputPart } from './follow.ts';
import { Progress } from './progress.ts';
import { Renderer } from './renderer.ts';
import { RepeatedWords } from './repeated-words.ts';
import { tellTrouble } from './trouble.ts';
import type { Views } from './views.ts';

type Committed = Extract<OutputFrame, { t: 'committed' }>;

/** Where a run records its finished partitions. */
interface CommitLog {
  add(frame: Committed): void;
  /** Makes what was added visible in the file; gives what people should know, or null. */
  flush(): string | null;
}

interface WatchOptions extends Views {
  context: Context;
  connect: () => Promise<Client>;
  job: string;
  order: boolean;
  tag: boolean;
  /** Whether px says how it goes: progress, failures. `logs` only prints. */
  report: boolean;
  pace: boolean;
  /** The job began before this px looked: its rate and what is left count from there. */
  joined?: boolean;
  follow: boolean;
  partition?: number;
  since?: string;
  signal: AbortSignal;
  commits?: CommitLog | null;
  /** Goes on without stdout or stderr where that takes nothing, and tells this once; else it throws. */
  onUnwritable?: (error: PxError) => void;
}

const asJson = ({ header, body }: OutputPart): Uint8Array => {
  const line =
    header.t === 'chunk' ? { ...header, data: Buffer.from(body).toString('base64') } : header;
  return Buffer.from(`${JSON.stringify(line)}\n`);
};

const ageOf =
  ({ now }: Context) =>
  ({ startedAt, createdAt }: JobView): number =>
    Math.max(0, now() - (startedAt ?? createdAt));

/** Shows one job; made for one call of watchJob. */
class Watcher {
  readonly #options: WatchOptions;
  readonly #renderer: Renderer;
  readonly #failures: Failures;
  readonly #progress: Progress;
  readonly #repeated = new RepeatedWords();
  job: JobView | null = null;

  constructor(options: WatchOptions) {
    const { context, tag, onUnwritable, joined } = options;
    this.#options = options;
    this.#renderer = new Renderer({ output: context.output, tag, onUnwritable });
    this.#failures = new Failures(context.clock);
    this.#progress = new Progress(
      context.clock,
      context.output.stderrTty,
      joined === true ? ageOf(context) : null,
    );
  }

  async take(part: OutputPart): Promise<void> {
    const { header, body } = part;
    const { context, commits } = this.#options;
    if (context.json) this.#renderer.raw(asJson(part));
    else if (header.t === 'chunk') this.#chunk(header.partition, header.stream, body);
    if (header.t === 'committed') {
      commits?.add(header);
      await this.#say(this.#failures.committed(header));
    } else if (header.t === 'superseded') await this.#say(this.#failures.superseded(header));
    else if (header.t === 'progress' || header.t === 'end') {
      this.job = header.job;
      if (this.#options.report && header.t === 'progress') await this.#showProgress(header);
    }
  }

  #chunk(partition: number, stream: 1 | 2, bytes: Uint8Array): void {
    if (this.#options.report && stream === 2 && this.#repeated.isRepeat(bytes)) return;
    this.#renderer.chunk(partition, stream, bytes);
  }

  async flush(): Promise<void> {
    const words = this.#options.commits?.flush() ?? null;
    if (words !== null) await this.#renderer.words(() => this.#options.context.output.warn(words));
    await this.#renderer.flush();
  }

  async finish(): Promise<void> {
    await this.flush();
    await this.#renderer.bar('');
    await this.#say(this.#failures.ended());
    await this.#renderer.words(() => {});
  }

  async #say(text: string | null): Promise<void> {
    if (text === null || !this.#options.report) return;
    await this.#renderer.words(() => this.#options.context.output.say(text));
  }

  async #showProgress(shown: Extract<OutputFrame, { t: 'progress' }>): Promise<void> {
    await this.#renderer.flush();
    await this.#progress.show(shown, {
      bar: (text) => this.#renderer.bar(text),
      line: (text) => this.#renderer.words(() => this.#options.context.output.say(text)),
    });
  }
}

/**
 * Prints the output of a job as it comes, until the job is final (or, without `follow`, until what
 * is recorded has been printed).
 *
 * @returns the job as it was last seen; null where no frame told of it
 * @throws the signal's reason; a broken pipe; what the control plane refuses for good
 */
export const watchJob = async (options: WatchOptions): Promise<JobView | null> => {
  const { context, connect, job, stdout, stderr, order, pace, follow, signal } = options;
  const watcher = new Watcher(options);
  const parts = followOutput({
    ...{ connect, job, stdout, stderr, order, pace, follow, signal },
    ...(options.partition === undefined ? {} : { partition: options.partition }),
    ...(options.since === undefined ? {} : { since: options.since }),
    files: context.output.stdoutFile ? context.files : null,
    sleep: context.sleep,
    onTrouble: tellTrouble(context.output),
  });
  for await (const batch of parts) {
    for (const part of batch) await watcher.take(part);
    await watcher.flush();
  }
  await watcher.finish();
  return watcher.job;
};
