import type { JobView } from '../../protocol/messages/jobs.ts';
import type { OutputFrame } from '../../protocol/messages/output.ts';
import { duration, usd } from '../output/units.ts';
import { inputsOf } from './words.ts';

/** 30 s between lines where no bar can be drawn. */
const LINE_EVERY_MS = 30_000;
/** 0.9 s: a shorter run shows no bar, and the frame of the first second must not come a hair too early. */
const BAR_AFTER_MS = 900;
/** 5 s: between two partitions a job holds nothing either, for a moment. */
const HELD_AFTER_MS = 5000;
const BAR_CELLS = 20;

const bar = (done: number, total: number): string => {
  const filled = Math.round((BAR_CELLS * done) / Math.max(1, total));
  return '█'.repeat(filled) + '░'.repeat(BAR_CELLS - filled);
};

const rateWords = (rate: number): string => `${rate >= 10 ? Math.round(rate) : rate.toFixed(1)}/s`;

/** What a progress frame tells. */
type Shown = Pick<Extract<OutputFrame, { t: 'progress' }>, 'job' | 'waiting'>;

/** `412/1000 · 27/s · 21.8s left · $0.00` */
const progressText = (
  { job, waiting }: Shown,
  elapsedMs: number,
  cells: 'bar' | 'plain',
): string => {
  const { done, total } = inputsOf(job);
  const failed = job.counters.failed > 0 ? [`${job.counters.failed} failed`] : [];
  const rate = elapsedMs > 0 ? (done * 1000) / elapsedMs : 0;
  const left = total === null || rate === 0 ? null : ((total - done) / rate) * 1000;
  const share = total === null ? `${done}` : `${done}/${total}`;
  const drawn = cells === 'bar' && total !== null ? `${bar(done, total)} ` : '';
  const eta = left === null || left <= 0 ? [] : [`${duration(left)} left`];
  const queued = job.state === 'queued' ? 'waiting for a slot' : null;
  const held = waiting === null ? queued : `waiting: ${waiting}`;
  return [
    `${drawn}${share}`,
    ...failed,
    rateWords(rate),
    ...eta,
    ...(held === null ? [] : [held]),
    usd(job.costUsd),
  ].join(' · ');
};

interface ProgressSink {
  bar(text: string): Promise<void>;
  line(text: string): Promise<void>;
}

/** Turns progress frames into a bar on a terminal, and a line every 30 s elsewhere. */
export class Progress {
  readonly #clock: () => number;
  readonly #tty: boolean;
  readonly #ageMs: ((job: JobView) => number) | null;
  #startedMs: number | null = null;
  readonly #madeMs: number;
  #lineMs: number;
  /** Since when nothing moves, and whether a line told why. */
  #held: { sinceMs: number; told: boolean } | null = null;

  /** @param ageMs how long a job has been running that began before this px looked at it */
  constructor(clock: () => number, tty: boolean, ageMs: ((job: JobView) => number) | null = null) {
    this.#clock = clock;
    this.#tty = tty;
    this.#ageMs = ageMs;
    this.#madeMs = clock();
    this.#lineMs = this.#madeMs;
  }

  async show(shown: Shown, sink: ProgressSink): Promise<void> {
    const { job } = shown;
    const now = this.#clock();
    this.#startedMs ??= this.#ageMs === null ? this.#madeMs : now - this.#ageMs(job);
    const elapsed = now - this.#startedMs;
    if (this.#tty) {
      if (elapsed >= BAR_AFTER_MS) await sink.bar(`<px> ${progressText(shown, elapsed, 'bar')}`);
    } else if (now - this.#lineMs >= LINE_EVERY_MS || this.#isNewlyHeld(shown, now)) {
      this.#lineMs = now;
      await sink.line(progressText(shown, elapsed, 'plain'));
    }
  }

  /** Where no bar shows it, what holds a job up is told as soon as it is no passing thing. */
  #isNewlyHeld({ waiting }: Shown, now: number): boolean {
    if (waiting === null) this.#held = null;
    else this.#held ??= { sinceMs: now, told: false };
    const held = this.#held;
    if (held === null || held.told || now - held.sinceMs < HELD_AFTER_MS) return false;
    held.told = true;
    return true;
  }
}
