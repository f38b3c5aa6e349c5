import type { Client } from '../../protocol/client.ts';
import { errorFromBody, PxError } from '../../protocol/errors.ts';
import { FRAMES_TYPE, type Frame, FrameDecoder } from '../../protocol/frames.ts';
import { OutputFrame, type View } from '../../protocol/messages/output.ts';
import { Recorded, Unreadable } from './recorded.ts';
import { backoffMs, heals } from './retry.ts';

/** One frame of a job's output. */
export type OutputPart = { header: OutputFrame; body: Uint8Array };

interface FollowOptions {
  connect: () => Promise<Client>;
  job: string;
  stdout: View;
  stderr: View;
  order: boolean;
  /** This reader paces the job. */
  pace: boolean;
  /** False: what is recorded now, then the end. */
  follow: boolean;
  partition?: number;
  /** The control plane's folder, where large chunks can be read out of its files. */
  files?: string | null;
  /** Cursor to go on from; undefined = the first byte. */
  since?: string;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  signal: AbortSignal;
  /** Told once when the connection is lost for longer than a moment. */
  onTrouble?: (error: unknown) => void;
}

/** 45 s without a byte: several heartbeats are missing, the connection is half open. */
const SILENCE_MS = 45_000;

/** A stream that cannot be read is asked for again so often; a network that is down, for ever. */
const MAX_BROKEN = 5;

/** What the control plane answers instead of a stream: asking again with the same words is no use. */
class Refused {
  readonly error: PxError;
  constructor(error: PxError) {
    this.error = error;
  }
}

const refusedOrNot = (error: unknown): never => {
  throw error instanceof PxError && error.code === 'bad_request' ? new Refused(error) : error;
};

const partOf = (frame: Frame): OutputPart | null => {
  const header = OutputFrame.safeParse(frame.header);
  // A newer control plane may send frames of other kinds.
  return header.success ? { header: header.data, body: frame.body } : null;
};

/** Aborts `attempt` when `reading` stays true without a byte for SILENCE_MS. */
const watch = async (
  options: FollowOptions,
  attempt: AbortController,
  state: { reads: number; reading: boolean },
  stop: AbortSignal,
): Promise<void> => {
  for (;;) {
    const before = state.reads;
    await options.sleep(SILENCE_MS, stop);
    if (stop.aborted) return;
    if (state.reading && state.reads === before) {
      attempt.abort(new PxError('unavailable', 'The control plane has gone silent.'));
      return;
    }
  }
};

/** Parts in batches: one that is read out of a file is a batch, since the next one takes its memory. */
function* batchesOf(parts: readonly OutputPart[], recorded: Recorded | null) {
  let batch: OutputPart[] = [];
  for (const part of parts) {
    const file = part.header.t === 'chunk' ? part.header.file : undefined;
    batch.push(part);
    if (file === undefined || recorded === null) continue;
    part.body = recorded.read(file);
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** The parts of one answer, in batches as they came over the wire. */
async function* readAnswer(
  options: FollowOptions,
  cursor: string | undefined,
  attempt: AbortController,
): AsyncGenerator<OutputPart[]> {
  const { job, stdout, stderr, order, pace, follow, partition } = options;
  const recorded = typeof options.files === 'string' ? new Recorded(options.files) : null;
  const files = recorded === null ? undefined : true;
  const state = { reads: 0, reading: true };
  const stop = new AbortController();
  const watching = watch(options, attempt, state, stop.signal);
  try {
    const client = await options.connect();
    const asked = client.call('output', {
      params: { id: job },
      query: { stdout, stderr, order, pace, follow, partition, cursor, files },
      headers: { accept: FRAMES_TYPE },
      signal: attempt.signal,
    });
    const response = await asked.catch(refusedOrNot);
    const decoder = new FrameDecoder({ reuse: true });
    for await (const bytes of response.body ?? []) {
      state.reading = false;
      state.reads += 1;
      const parts = decoder
        .push(bytes)
        .map(partOf)
        .filter((part) => part !== null);
      yield* batchesOf(parts, recorded);
      state.reading = true;
    }
    if (!decoder.empty) throw new PxError('unavailable', 'The output was cut off.');
  } finally {
    stop.abort();
    attempt.abort();
    recorded?.close();
    await watching;
  }
}

const isForGood = (error: unknown): boolean =>
  error instanceof PxError && !heals(error) && error.code !== 'bad_request';

/**
 * A job's output in batches. Bodies are valid until the next batch is asked for, which reuses their
 * memory. Asking for it says that the last one was written: from there on it goes on after any failure of the network or the control plane.
 *
 * @throws the signal's reason, or what the control plane refuses for good
 */
export async function* followOutput(options: FollowOptions): AsyncGenerator<OutputPart[]> {
  let cursor = options.since;
  let failures = 0;
  let ended = false;
  let { files = null } = options;
  for (;;) {
    const attempt = new AbortController();
    const abort = () => attempt.abort(options.signal.reason);
    options.signal.throwIfAborted();
    options.signal.addEventListener('abort', abort, { once: true });
    try {
      for await (const parts of readAnswer({ ...options, files }, cursor, attempt)) {
        yield parts;
        const last = parts.at(-1)?.header;
        if (last === undefined) continue;
        if (last.t === 'error') throw errorFromBody({ error: last.error });
        cursor = last.cursor;
        failures = 0;
        ended = last.t === 'end';
        if (ended) return;
      }
      if (!options.follow) return;
    } catch (error) {
      // A connection that breaks behind the end breaks nothing.
      if (ended) return;
      options.signal.throwIfAborted();
      if (error instanceof Refused) throw error.error;
      // The control plane reads it itself then, and mends what is damaged.
      if (error instanceof Unreadable) files = null;
      const broken = error instanceof PxError && error.code === 'bad_request';
      if (isForGood(error) || (broken && failures >= MAX_BROKEN)) throw error;
      if (failures === 2) options.onTrouble?.(error);
    } finally {
      options.signal.removeEventListener('abort', abort);
    }
    await options.sleep(backoffMs(failures), options.signal);
    failures += 1;
  }
}
