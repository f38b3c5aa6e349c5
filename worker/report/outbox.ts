import { createHash, type Hash, hash } from 'node:crypto';
import type { Outcome } from '../../protocol/messages/jobs.ts';
import type { Stream } from '../../protocol/messages/output.ts';
import type { CollectedChange, LeaseKey, ReportFrame } from '../../protocol/messages/worker.ts';
import { ATTEMPT_SPOOL_BYTES, type Budget } from './budget.ts';
import { Chunker, type Spaces } from './chunker.ts';

const EMPTY = new Uint8Array(0);
/** The SHA-256 of no bytes. */
const OF_NOTHING = hash('sha256', EMPTY);

/** A frame to send; chunks carry a body. */
export interface OutFrame {
  header: ReportFrame;
  body: Uint8Array;
}

/** What the outboxes of a worker share. */
interface Shared {
  budget: Budget;
  spaces: Spaces;
}

/** What an attempt's end says beside what the outbox knows itself. */
export interface Completion {
  outcome: Outcome;
  runtimeMs: number;
  cpuMs: number | null;
  peakRssBytes: number | null;
  collected: CollectedChange[];
}

type ChunkFrame = { header: Extract<ReportFrame, { t: 'chunk' }>; body: Uint8Array };

/**
 * Everything of one lease that the control plane has not acknowledged. Frames keep their seq for
 * ever, so that a repeated report is recognised.
 */
export class Outbox {
  readonly key: LeaseKey;
  readonly #budget: Budget;
  readonly #wake: () => void;
  readonly #spaces: Spaces;
  readonly #chunkers: Record<Stream, Chunker>;
  /** Of the chunks' hashes; null while there is none. */
  #sums: Hash | null = null;
  #started = false;
  #chunks: ChunkFrame[] = [];
  #final: ReportFrame | null = null;
  #nextSeq = 0;
  #total = 0;
  #held = 0;
  #closed = false;
  #isHeld = false;
  #onRoom: (() => void)[] = [];

  constructor(key: LeaseKey, { budget, spaces }: Shared, wake: () => void) {
    this.#spaces = spaces;
    this.#chunkers = { 1: new Chunker(spaces), 2: new Chunker(spaces) };
    this.key = { job: key.job, partition: key.partition, epoch: key.epoch };
    this.#budget = budget;
    this.#wake = wake;
  }

  /** Whether its pipes should not be read now. One that has nothing to send is never held up by others. */
  get full(): boolean {
    return this.#held >= ATTEMPT_SPOOL_BYTES || (this.#chunks.length > 0 && this.#budget.full);
  }

  /** Something besides `started` waits: it should go at once. */
  get urgent(): boolean {
    return !this.#isHeld && (this.#final !== null || this.#held > 0);
  }

  get waiting(): boolean {
    return !this.#isHeld && (this.#started || this.urgent);
  }

  started(): void {
    this.#started = true;
    this.#wake();
  }

  write(stream: Stream, bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#hold(bytes.length);
    for (const chunk of this.#chunkers[stream].push(bytes)) this.#seal(stream, chunk);
    this.#wake();
  }

  /** The stream is over: its unfinished line is output too. */
  end(stream: Stream): void {
    const rest = this.#chunkers[stream].end();
    if (rest !== null && !this.#closed) this.#seal(stream, rest);
    this.#wake();
  }

  done(completion: Completion): void {
    this.end(1);
    this.end(2);
    this.#finish({
      ...this.key,
      t: 'done',
      chunks: this.#nextSeq,
      bytes: this.#total,
      sha256: this.#sums?.digest('hex') ?? OF_NOTHING,
      ...completion,
    });
  }

  /** Hashes of the collected files that its completion lists. */
  get listed(): string[] {
    if (this.#final?.t !== 'done') return [];
    return this.#final.collected.flatMap(({ sha256 }) => sha256 ?? []);
  }

  /** Sends nothing until `restate`. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Its completion says something else from now on: nobody has taken it yet. */
  restate(change: Pick<Completion, 'collected'> & Partial<Pick<Completion, 'outcome'>>): void {
    this.#isHeld = false;
    if (this.#final?.t === 'done') this.#finish({ ...this.#final, ...change });
  }

  /** The collected files of its completion without those of these hashes. */
  listedWithout(hashes: ReadonlySet<string>): CollectedChange[] {
    if (this.#final?.t !== 'done') return [];
    return this.#final.collected.filter(({ sha256 }) => sha256 === null || !hashes.has(sha256));
  }

  released(): void {
    this.#finish({ ...this.key, t: 'released' });
  }

  refused(code: string, message: string): void {
    this.#finish({ ...this.key, t: 'refused', code, message });
  }

  /** Calls back once there may be room again. */
  onRoom(call: () => void): void {
    this.#onRoom.push(call);
  }

  /** The unacknowledged frames in their order, at most `maxBytes` of output, and whether that is all. */
  frames(maxBytes: number): { frames: OutFrame[]; bytes: number; all: boolean } {
    for (const stream of [1, 2] as const) {
      const lines = this.#chunkers[stream].take();
      if (lines !== null) this.#seal(stream, lines);
    }
    const frames: OutFrame[] = [];
    let bytes = 0;
    for (const chunk of this.#chunks) {
      if (bytes + chunk.body.length > maxBytes) {
        return { frames: this.#orStarted(frames), bytes, all: false };
      }
      frames.push(chunk);
      bytes += chunk.body.length;
    }
    if (this.#final !== null) frames.push({ header: this.#final, body: EMPTY });
    return { frames: this.#orStarted(frames), bytes, all: true };
  }

  /** The control plane has these frames. Returns whether the lease is over. */
  acknowledge(frames: readonly OutFrame[]): boolean {
    const sent = new Set(frames);
    if (frames.length > 0) this.#started = false;
    this.#drop((chunk) => sent.has(chunk));
    return this.#final !== null && frames.some(({ header }) => header === this.#final);
  }

  /** The control plane expects `seq` next. Returns false where that is not held any more. */
  rewind(seq: number): boolean {
    const first = this.#chunks[0]?.header.seq ?? this.#nextSeq;
    if (seq < first || seq > this.#nextSeq) return false;
    this.#drop((chunk) => chunk.header.seq < seq);
    return true;
  }

  /** Forgets everything; whatever is still written is dropped. */
  close(): void {
    this.#closed = true;
    this.#budget.add(-this.#held);
    this.#held = 0;
    this.#chunks = [];
    this.#room();
  }

  /** `started` where nothing else goes: whatever else there is says so too. */
  #orStarted(frames: OutFrame[]): OutFrame[] {
    if (frames.length > 0 || !this.#started) return frames;
    return [{ header: { ...this.key, t: 'started' }, body: EMPTY }];
  }

  #finish(frame: ReportFrame): void {
    if (this.#closed) return;
    this.#final = frame;
    this.#wake();
  }

  #seal(stream: Stream, body: Uint8Array): void {
    const sum = hash('sha256', body, 'buffer');
    this.#sums ??= createHash('sha256');
    this.#sums.update(sum);
    const sha256 = sum.toString('hex');
    const header = { ...this.key, t: 'chunk' as const, seq: this.#nextSeq, stream, sha256 };
    this.#chunks.push({ header, body });
    this.#nextSeq += 1;
    this.#total += body.length;
  }

  #drop(isGone: (chunk: ChunkFrame) => boolean): void {
    const gone = this.#chunks.filter(isGone);
    if (gone.length === 0) return;
    this.#chunks = this.#chunks.filter((chunk) => !isGone(chunk));
    for (const { body } of gone) this.#spaces.giveBack(body);
    this.#hold(-gone.reduce((sum, chunk) => sum + chunk.body.length, 0));
    this.#room();
  }

  #hold(bytes: number): void {
    this.#held += bytes;
    this.#budget.add(bytes);
  }

  #room(): void {
    const calls = this.#onRoom;
    this.#onRoom = [];
    for (const call of calls) call();
  }
}
