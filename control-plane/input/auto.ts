/** 64 KiB … 4 MiB: below it a process costs more than its input, above it a lost node costs too much. */
const BLOCK_MIN_BYTES = 64 << 10;
const BLOCK_MAX_BYTES = 4 << 20;
/** 250 ms: blocks that take less only cost more, be they as large as can be. */
const QUICK_MS = 250;

/** Four blocks for each slot are left when a block is cut: the last ones are small, and slots end together. */
const BLOCKS_PER_SLOT = 4;

/** What is known when a block is about to be cut. */
export interface AutoState {
  /** Bytes and whole lines that are durable and not dealt. */
  bytes: number;
  lines: number;
  /** Bytes of the whole input so far. */
  total: number;
  /** No more will come. */
  finished: boolean;
  slots: number;
  /** Shares that are asked for now: idle slots. */
  wanted: number;
  /** Mean runtime of the job's attempts so far, and mean input of those that succeeded; null while unknown. */
  meanMs: number | null;
  meanBytes: number | null;
}

const clamp = (value: number, low: number, high: number): number =>
  Math.max(low, Math.min(high, value));

/** Whether so little waits that it is worth to see first whether more comes. */
export const isScarce = (state: AutoState, unit: 'bytes' | 'lines'): boolean => {
  if (state.finished) return false;
  return unit === 'bytes'
    ? state.bytes < BLOCK_MIN_BYTES
    : state.lines < BLOCKS_PER_SLOT * state.slots;
};

/** The least that is worth a process, by what others have taken. */
const leastBytes = ({ meanMs, meanBytes }: AutoState): number => {
  if (meanMs === null) return BLOCK_MIN_BYTES;
  if (meanMs < QUICK_MS) return BLOCK_MAX_BYTES;
  const inTime = ((meanBytes ?? 0) * QUICK_MS) / meanMs;
  return clamp(Math.floor(inTime), BLOCK_MIN_BYTES, BLOCK_MAX_BYTES);
};

/**
 * Bytes of the next block of stdin: a quarter of each slot's fair part of what waits. A small input
 * is spread over all slots once; what a slow producer has given goes to the slots that idle.
 */
export const blockBytes = (state: AutoState): number => {
  if (isScarce(state, 'bytes')) return Math.ceil(state.bytes / state.wanted);
  const fair = Math.ceil(state.bytes / (BLOCKS_PER_SLOT * state.slots));
  const least = leastBytes(state);
  const spread = state.finished ? Math.ceil(state.total / state.slots) : least;
  return clamp(fair, Math.min(least, spread), BLOCK_MAX_BYTES);
};

/** Lines of the next block of arguments, where one line may be much work. */
export const blockLines = (state: AutoState): number => {
  if (isScarce(state, 'lines')) return Math.ceil(state.lines / state.wanted);
  return Math.max(1, Math.floor(state.lines / (BLOCKS_PER_SLOT * state.slots)));
};
