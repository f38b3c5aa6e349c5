import { PxError } from '../../protocol/errors.ts';
import {
  CHUNK_MAX_BYTES,
  type CollectedChange,
  type LeaseKey,
  type ReportReply,
} from '../../protocol/messages/worker.ts';
import type { Clock } from '../clock.ts';
import { keyOf } from '../lease/key.ts';
import type { Log } from '../log.ts';
import { backoffMs, isFatal } from '../retry.ts';
import { Signal } from '../signal.ts';
import { type Batch, takeBatch } from './batch.ts';
import { Budget } from './budget.ts';
import { Spaces } from './chunker.ts';
import type { Delivery } from './deliver.ts';
import { Mender } from './mend.ts';
import { Outbox } from './outbox.ts';

/** 25 ms between reports: 40 commits a second at most, and nobody sees the difference. */
const FLUSH_MS = 25;
/** 100 ms where more work waits on this node, which then is what its processor is for. */
const BUSY_FLUSH_MS = 100;

/** 15 ms that a bare `started` waits, so that a short attempt is one report and not two. */
const STARTED_MS = 15;

interface ReporterDeps {
  delivery: Delivery;
  clock: Pick<Clock, 'precise' | 'sleep' | 'after'>;
  random: () => number;
  log: Log;
  /** Whether work waits for a slot. */
  isBusy: () => boolean;
  /** The lease does not count any more: kill its attempt. */
  onStale: (key: LeaseKey) => void;
  /** Everything of the lease, its end included, is acknowledged. */
  onOver: (key: LeaseKey) => void;
  /** Stores collected files again whose content is missing; answers with those of the lease as they are now. */
  onMissing: (key: LeaseKey, missing: ReadonlySet<string>) => Promise<CollectedChange[]>;
}

/** Sends what all attempts have to say, one report at a time, again and again until it is acknowledged. */
export class Reporter {
  readonly #deps: ReporterDeps;
  readonly #outboxes = new Map<string, Outbox>();
  readonly #signal = new Signal();
  readonly budget = new Budget();
  readonly #spaces = new Spaces();
  readonly #mender: Mender;
  #maxBytes = Number.POSITIVE_INFINITY;
  #turn = 0;

  constructor(deps: ReporterDeps) {
    this.#deps = deps;
    this.#mender = new Mender(deps.onMissing);
  }

  open(key: LeaseKey): Outbox {
    const outbox = new Outbox(key, { budget: this.budget, spaces: this.#spaces }, () =>
      this.#signal.raise(),
    );
    this.#outboxes.set(keyOf(key), outbox);
    return outbox;
  }

  /** Forgets the lease: its epoch is not current. */
  drop(key: LeaseKey): void {
    this.#outboxes.get(keyOf(key))?.close();
    this.#outboxes.delete(keyOf(key));
  }

  /** Runs until the signal aborts; throws what ends the worker. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      await this.#work(signal);
      const batch = takeBatch(
        this.#inTurn(),
        Math.min(this.#maxBytes, this.#deps.delivery.maxBytes),
      );
      if (batch === null) {
        await this.#signal.wait(signal);
        continue;
      }
      this.#turn += batch.parts.size;
      const sentAt = this.#deps.clock.precise();
      const sent = await this.#send(batch, failures, signal);
      failures = sent ? 0 : failures + 1;
      const apart = this.#deps.isBusy() ? BUSY_FLUSH_MS : FLUSH_MS;
      const rest = sentAt + apart - this.#deps.clock.precise();
      if (sent && !batch.isFull && rest > 0) await this.#deps.clock.sleep(rest, signal);
    }
  }

  /** The outboxes, those that were last served at the end: a chatty one does not starve the others. */
  #inTurn(): Outbox[] {
    const all = [...this.#outboxes.values()];
    const first = all.length === 0 ? 0 : this.#turn % all.length;
    return [...all.slice(first), ...all.slice(0, first)];
  }

  /** Waits until something has to go. */
  async #work(signal: AbortSignal): Promise<void> {
    const all = () => [...this.#outboxes.values()];
    while (!signal.aborted && !all().some((outbox) => outbox.waiting)) {
      await this.#signal.wait(signal);
    }
    if (all().some((outbox) => outbox.urgent)) return;
    const end = this.#deps.clock.precise() + STARTED_MS;
    for (;;) {
      const left = end - this.#deps.clock.precise();
      if (left <= 0 || signal.aborted || all().some((outbox) => outbox.urgent)) return;
      await this.#signal.wait(signal, { clock: this.#deps.clock, ms: left });
    }
  }

  async #send(batch: Batch, failures: number, signal: AbortSignal): Promise<boolean> {
    try {
      this.#apply(batch, await this.#deps.delivery.send(batch.pieces, batch.bytes, signal));
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (isFatal(error)) throw error;
      if (this.#mender.mend(batch, error)) return true;
      if (error instanceof PxError && error.code === 'too_large') {
        this.#maxBytes = Math.max(CHUNK_MAX_BYTES, batch.bytes / 2);
      }
      const message = error instanceof Error ? error.message : String(error);
      this.#deps.log.warn('a report was not taken', { message, failures });
      await this.#deps.clock.sleep(backoffMs(failures, this.#deps.random), signal);
      return false;
    }
  }

  #apply(batch: Batch, reply: ReportReply): void {
    const results = new Map(reply.results.map((result) => [keyOf(result), result]));
    for (const [outbox, frames] of batch.parts) {
      const result = results.get(keyOf(outbox.key));
      if (result === undefined || this.#outboxes.get(keyOf(outbox.key)) !== outbox) continue;
      if (result.status === 'ok' && outbox.acknowledge(frames)) this.#end(outbox);
      else if (result.status === 'stale') this.#lose(outbox, 'its epoch is not current');
      else if (result.status === 'gap' && !outbox.rewind(result.seq)) {
        this.#lose(outbox, `chunk ${result.seq} is not held any more`);
      }
    }
  }

  #end(outbox: Outbox): void {
    this.drop(outbox.key);
    this.#deps.onOver(outbox.key);
  }

  #lose(outbox: Outbox, why: string): void {
    this.#deps.log.info('a lease is lost', { ...outbox.key, why });
    this.drop(outbox.key);
    this.#deps.onStale(outbox.key);
  }
}
