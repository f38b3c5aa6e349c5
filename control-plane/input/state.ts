import { createHash, type Hash } from 'node:crypto';
import { PxError } from '../../protocol/errors.ts';
import { isFinal } from '../../protocol/states.ts';
import { passOver } from '../range.ts';
import { limitsOf, separatorOf } from './arg-limits.ts';
import type { InputPaths } from './files.ts';
import type { JobRow } from './inputs.ts';
import { type Boundary, LineIndex } from './line-index.ts';
import type { Near } from './locate.ts';

/** What is known in memory of the input of a job; all of it is found again in the file. */
export interface InputState {
  paths: InputPaths;
  index: LineIndex;
  near: Near;
  /** Over all bytes so far; null once sealed. */
  hash: Hash | null;
  /** Why the lines cannot become arguments. */
  problem: PxError | null;
  /** Boundaries of a static cut's partitions. */
  table: Float64Array | null;
  /** Monotonic milliseconds since when whole lines wait that are fewer than a block. */
  scarceSince: number | null;
}

const isDealt = (job: JobRow): boolean => job.spec.cut.mode === 'static' && job.partitions !== null;

/** Behind this, bytes have to be looked at: shares that have their rows need no index any more. */
const startOf = (job: JobRow): Boundary =>
  job.sealedLength === null || job.spec.cut.mode === 'static'
    ? { offset: 0, line: 0 }
    : { offset: job.nextOffset, line: job.nextLine };

/** Feeds the index; a line that can be no argument is kept as the input's problem. */
export const feed = (state: InputState, work: (index: LineIndex) => void): void => {
  if (state.problem !== null) return;
  try {
    work(state.index);
  } catch (cause) {
    if (!(cause instanceof PxError)) throw cause;
    state.problem = cause;
  }
};

/** Builds the state of a job's input from its file: nothing to read for a new one. */
export const loadState = async (job: JobRow, paths: InputPaths): Promise<InputState> => {
  const separator = separatorOf(job.spec);
  const start = startOf(job);
  const state: InputState = {
    paths,
    index: new LineIndex(separator, limitsOf(job.spec, separator), start),
    near: { offset: 0, bytes: new Uint8Array(0) },
    hash: job.sealedLength === null ? createHash('sha256') : null,
    problem: null,
    table: null,
    scarceSince: null,
  };
  if (isFinal(job.state) || isDealt(job)) return state;
  for await (const piece of passOver(paths.input, start.offset, job.inputLength)) {
    state.hash?.update(piece);
    feed(state, (index) => index.push(piece));
  }
  if (job.sealedLength !== null) feed(state, (index) => index.finish());
  return state;
};
