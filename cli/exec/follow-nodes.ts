import type { Client } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';
import type { JobView } from '../../protocol/messages/jobs.ts';
import type { Context } from '../context.ts';
import { followOutput, type OutputPart } from '../run/follow.ts';
import { tellTrouble } from '../run/trouble.ts';
import { Answers, foldAnswers } from './answers.ts';
import { TaggedLines } from './tagged.ts';

/** 2 s: nodes that answer within that of each other are folded, later ones are shown as they talk. */
const FOLD_MS = 2000;

const tooMuch = (): PxError =>
  new PxError('too_large', 'The nodes print more than one JSON document may hold.', {
    hint: 'Leave --json out.',
  });

/** Shows the output of a job that runs on every node. */
export class NodeFollower {
  readonly answers = new Answers();
  readonly #context: Context;
  readonly #client: Client;
  readonly #job: string;
  readonly #lines: TaggedLines;
  readonly #nodes = new Map<number, string>();
  #firstAt: number | null = null;
  #live = false;

  constructor(context: Context, client: Client, job: string) {
    this.#context = context;
    this.#client = client;
    this.#job = job;
    this.#lines = new TaggedLines(context.output);
  }

  /** Follows to the end and gives the job as it ended. */
  async follow(signal: AbortSignal): Promise<JobView> {
    const parts = followOutput({
      connect: this.#context.client,
      job: this.#job,
      stdout: 'live',
      stderr: 'live',
      order: false,
      pace: false,
      follow: true,
      sleep: this.#context.sleep,
      signal,
      onTrouble: tellTrouble(this.#context.output),
    });
    for await (const batch of parts) {
      for (const part of batch) {
        await this.#take(part);
        if (part.header.t === 'end') return part.header.job;
      }
      await this.#perhapsGoLive();
    }
    return this.#client.call('job', { params: { id: this.#job } });
  }

  async #take({ header, body }: OutputPart): Promise<void> {
    switch (header.t) {
      case 'chunk':
        this.#firstAt ??= this.#context.clock();
        if (!this.#live) this.answers.add(header.partition, header.stream, body);
        else await this.#lines.add(header.stream, body, await this.#nodeOf(header.partition));
        return;
      case 'superseded':
        this.answers.forget(header.partition);
        return;
      case 'committed':
        await this.#end(header.partition, header.node, header.outcome);
        return;
      case 'end':
        if (!this.#live && !this.#context.json) await this.#printFolded();
    }
  }

  async #end(
    partition: number,
    node: string | null,
    outcome: Parameters<Answers['end']>[2],
  ): Promise<void> {
    const name = node ?? (await this.#nodeOf(partition));
    this.answers.end(partition, name, outcome);
    if (this.#live) await this.#lines.end(name);
  }

  async #printFolded(): Promise<void> {
    for (const { nodes, answer } of foldAnswers(this.answers.ended)) {
      await this.#lines.all(1, answer.stdout, nodes);
      await this.#lines.all(2, answer.stderr, nodes);
    }
  }

  async #perhapsGoLive(): Promise<void> {
    if (this.#live || this.#firstAt === null) return;
    if (this.#context.json) {
      if (this.answers.full) throw tooMuch();
      return;
    }
    if (!this.answers.full && this.#context.clock() - this.#firstAt < FOLD_MS) return;
    this.#live = true;
    await this.#printFolded();
    for (const { partition, stream, bytes } of this.answers.drain()) {
      await this.#lines.add(stream, bytes, await this.#nodeOf(partition));
    }
  }

  async #nodeOf(partition: number): Promise<string> {
    const known = this.#nodes.get(partition);
    if (known !== undefined) return known;
    const page = await this.#client.call('partitions', {
      params: { id: this.#job },
      query: { limit: 1000 },
    });
    for (const { number, nodeName } of page.items) {
      if (nodeName !== null) this.#nodes.set(number, nodeName);
    }
    return this.#nodes.get(partition) ?? String(partition);
  }
}
