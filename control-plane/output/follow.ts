import { PxError } from '../../protocol/errors.ts';
import { isFinal } from '../../protocol/states.ts';
import { viewJob } from '../jobs/view.ts';
import { whyWaiting } from '../jobs/waiting.ts';
import { jobTopic } from '../notices.ts';
import { findJobRow, type JobRow } from '../store/job-progress.ts';
import { damagedPartition } from './chunks.ts';
import { formatCursor } from './cursor.ts';
import { reopenDamaged } from './reopen.ts';
import { type Sent, type Walk, walkLog } from './walk.ts';

/** Nothing more is there now: what was collected should go out before the wait. */
export const FLUSH = Symbol('flush');

/** Made once: an abort without a reason makes an error with a stack each time. */
const NOTHING_NEW = new Error('nothing new');

/** 1 s between two progress frames: as often as people look. */
const PROGRESS_MS = 1000;

/** 10 s without anything else: a heartbeat, before proxies call the connection idle. */
const HEARTBEAT_MS = 10_000;

const endFrame = ({ deps, position }: Walk, row: JobRow): Sent => ({
  header: {
    t: 'end',
    cursor: formatCursor(position),
    job: viewJob(deps.db, row, deps.clock.now()),
  },
  body: null,
});

const progressFrame = async ({ deps, position }: Walk, row: JobRow): Promise<Sent> => {
  const waiting = await whyWaiting(deps, row);
  const job = viewJob(deps.db, row, deps.clock.now());
  return { header: { t: 'progress', cursor: formatCursor(position), job, waiting }, body: null };
};

/** The last frame of a stream that cannot go on. */
const errorFrame = (walk: Walk, error: PxError): Sent => ({
  header: { t: 'error', cursor: formatCursor(walk.position), error: error.toBody().error },
  body: null,
});

/** A notice of the job, from now on; `cancel` forgets the wait. */
const listen = ({ deps, jobId }: Walk, ms: number, signal: AbortSignal) => {
  const ending = new AbortController();
  const any = AbortSignal.any([signal, ending.signal]);
  const noticed = deps.notices.wait([jobTopic(jobId)], ms, any);
  return { noticed, cancel: () => ending.abort(NOTHING_NEW) };
};

/** Sends progress at most once a second. */
class Ticker {
  readonly #walk: Walk;
  #sentAt: number;

  constructor(walk: Walk) {
    this.#walk = walk;
    this.#sentAt = Number.NEGATIVE_INFINITY;
  }

  /** Milliseconds until the next frame may go. */
  get dueIn(): number {
    return Math.max(0, this.#sentAt + PROGRESS_MS - this.#walk.deps.clock.monotonic());
  }

  async frame(): Promise<Sent | null> {
    const row = this.dueIn > 0 ? undefined : findJobRow(this.#walk.deps.db, this.#walk.jobId);
    if (row === undefined) return null;
    this.#sentAt = this.#walk.deps.clock.monotonic();
    return progressFrame(this.#walk, row);
  }
}

/** Whether the damaged partition runs again and nothing of it was sent: then the reader need not know. */
const isMended = ({ deps, jobId, position }: Walk, cause: unknown): boolean => {
  if (!(cause instanceof PxError) || cause.code !== 'output_damaged') return false;
  const isUnsent = position.chunk === 0;
  return reopenDamaged(deps, jobId, damagedPartition(cause)) && isUnsent;
};

async function* recorded(walk: Walk, ticker: Ticker, signal: AbortSignal) {
  for (let isWhole = false; !isWhole; ) {
    isWhole = true;
    try {
      for await (const sent of walkLog(walk)) {
        if (signal.aborted) return;
        yield sent;
        const progress = await ticker.frame();
        if (progress !== null) yield progress;
      }
    } catch (cause) {
      if (!isMended(walk, cause)) throw cause;
      isWhole = false;
    }
  }
}

/** Follows until the job is final, or, without `follow`, to the end of what is recorded. */
async function* followJob(
  walk: Walk,
  follow: boolean,
  signal: AbortSignal,
): AsyncGenerator<Sent | typeof FLUSH, void, void> {
  const ticker = new Ticker(walk);
  let isIdle = false;
  while (!signal.aborted) {
    // Listening begins before the look, so that nothing that is recorded meanwhile is missed. What no
    // frame tells this time is told as soon as one is due.
    const wait = listen(walk, isIdle ? HEARTBEAT_MS : ticker.dueIn || PROGRESS_MS, signal);
    try {
      const row = findJobRow(walk.deps.db, walk.jobId);
      if (row === undefined) return;
      yield* recorded(walk, ticker, signal);
      if (signal.aborted) return;
      if (isFinal(row.state)) {
        yield endFrame(walk, row);
        return;
      }
      const progress = await (follow ? ticker.frame() : progressFrame(walk, row));
      if (progress !== null) yield progress;
      if (!follow) return;
      yield FLUSH;
      isIdle = !(await wait.noticed) && progress !== null;
    } finally {
      wait.cancel();
    }
  }
}

/**
 * Frames of a job's output from the walk's position on. A failure that the reader should know of is
 * the last frame.
 */
export async function* followOutput(
  walk: Walk,
  follow: boolean,
  signal: AbortSignal,
): AsyncGenerator<Sent | typeof FLUSH, void, void> {
  try {
    yield* followJob(walk, follow, signal);
  } catch (cause) {
    if (!(cause instanceof PxError)) throw cause;
    yield errorFrame(walk, cause);
  }
}
