import { closeSync, openSync, readFileSync } from 'node:fs';
import { ARGS_MAX_BYTES, argsCost, takesArgs } from './arg-limits.ts';
import { type AutoState, blockBytes, blockLines, isScarce } from './auto.ts';
import { inputDamaged } from './damage.ts';
import { firstLineOf, linesOf, type Plan, parseTable } from './deal.ts';
import type { CutProgress, JobRow, Pace, Share, Taken } from './inputs.ts';
import type { Boundary } from './line-index.ts';
import { boundaryAtLine, boundaryAtOffset, type Locator } from './locate.ts';
import { planOf } from './plan.ts';
import type { InputState } from './state.ts';

/** 100 ms: lines of a slow producer that are older go out although they fill no block. */
const SETTLE_MS = 100;

/** Nothing to take: the columns stay as they are. */
export const nothing = (job: JobRow, againMs: number | null = null): Taken => {
  const { nextPartition, nextOffset, nextLine, cutDone, partitions, lines } = job;
  return {
    shares: [],
    progress: { nextPartition, nextOffset, nextLine, cutDone, partitions, lines },
    againMs,
  };
};

/** Shares of a job without input: `parallel` processes. */
export const takeNone = (job: JobRow, limit: number): Taken => {
  const partitions = job.spec.parallel ?? 1;
  const count = Math.max(0, Math.min(limit, partitions - job.nextPartition));
  const share: Share = { source: 'none', offset: 0, length: 0, firstLine: 0, lines: 0 };
  const nextPartition = job.nextPartition + count;
  const cutDone = nextPartition >= partitions;
  const { progress } = nothing(job);
  return {
    shares: Array.from({ length: count }, () => share),
    progress: { ...progress, nextPartition, cutDone, partitions },
    againMs: null,
  };
};

/** The table of a committed cut. Throws `input_damaged` where the file is not what was written. */
const readTable = (job: JobRow, plan: Plan, path: string): Float64Array => {
  const table = parseTable(readFileSync(path));
  const isWhole =
    table.length === plan.partitions + 1 &&
    table[0] === 0 &&
    table[plan.partitions] === plan.length &&
    table.every((end, at) => at === 0 || end >= (table[at - 1] ?? 0));
  if (!isWhole) throw inputDamaged(job.id, new Error(`The file ${path} is no table of this cut.`));
  return table;
};

/** Shares of a static cut, whose table is committed. */
export const takeStatic = (job: JobRow, state: InputState, limit: number): Taken => {
  const plan = planOf(job);
  if (plan === null || plan.partitions === 0) return nothing(job);
  state.table ??= readTable(job, plan, state.paths.lines);
  const { table } = state;
  const shares: Share[] = [];
  let { nextPartition, nextOffset, nextLine } = job;
  while (shares.length < limit && nextPartition < plan.partitions) {
    const end = table[nextPartition + 1] ?? 0;
    const offset = table[nextPartition] ?? 0;
    const lines = linesOf(plan, nextPartition);
    const firstLine = firstLineOf(plan, nextPartition);
    const source = plan.consecutive ? 'input' : 'cut';
    shares.push({ source, offset, length: end - offset, firstLine, lines });
    nextPartition += 1;
    nextOffset = end;
    nextLine += lines;
  }
  const { partitions, lines } = job;
  const cutDone = nextPartition === plan.partitions;
  return {
    shares,
    progress: { nextPartition, nextOffset, nextLine, cutDone, partitions, lines },
    againMs: null,
  };
};

/** Finds the end of the next block, or null where there is none yet. */
type NextEnd = (locator: Locator, from: Boundary, number: number) => Boundary | null;

const takeBlocks = (job: JobRow, state: InputState, limit: number, nextEnd: NextEnd): Taken => {
  const { index, paths, near } = state;
  const shares: Share[] = [];
  let at: Boundary = { offset: job.nextOffset, line: job.nextLine };
  let fd: number | null = null;
  const open = (): number => {
    fd ??= openSync(paths.input, 'r');
    return fd;
  };
  try {
    while (shares.length < limit && at.offset < index.end.offset) {
      const end = nextEnd({ index, near, open }, at, job.nextPartition + shares.length);
      if (end === null) break;
      const length = end.offset - at.offset;
      const lines = end.line - at.line;
      shares.push({ source: 'input', offset: at.offset, length, firstLine: at.line, lines });
      at = end;
    }
  } finally {
    if (fd !== null) closeSync(fd);
  }
  const nextPartition = job.nextPartition + shares.length;
  const cutDone = index.finished && at.offset === index.end.offset;
  const progress: CutProgress = {
    nextPartition,
    nextOffset: at.offset,
    nextLine: at.line,
    cutDone,
    partitions: cutDone ? nextPartition : job.partitions,
    lines: index.end.line,
  };
  return { shares, progress, againMs: null };
};

/** Shares of `size` lines each; the last may have fewer. */
export const takeBatch = (job: JobRow, state: InputState, limit: number, size: number): Taken => {
  const { index } = state;
  const taken = takeBlocks(job, state, limit, (locator, from) => {
    const line = from.line + size;
    if (line < index.end.line) return boundaryAtLine(locator, from, line);
    return line === index.end.line || index.finished ? index.end : null;
  });
  if (!index.finished) return taken;
  const partitions = Math.ceil(index.end.line / size);
  return { ...taken, progress: { ...taken.progress, partitions } };
};

/** Fewer lines where so many would pass ARG_MAX. */
const withinArgs = (locator: Locator, from: Boundary, lines: number): Boundary => {
  for (let count = lines; ; ) {
    const end = boundaryAtLine(locator, from, from.line + count);
    const cost = argsCost(end.offset - from.offset, count);
    if (cost <= ARGS_MAX_BYTES || count === 1) return end;
    count = Math.max(1, Math.min(count - 1, Math.floor((count * ARGS_MAX_BYTES) / cost)));
  }
};

interface AutoOptions extends Pace {
  /** Monotonic milliseconds. */
  now: number;
  /** Where a partition ended in the run that this one resumes. */
  endOf: ((number: number, offset: number) => number | undefined) | null;
}

/** Shares of consecutive lines, sized by what is known (auto.ts). */
export const takeAuto = (
  job: JobRow,
  state: InputState,
  limit: number,
  { slots, meanMs, now, endOf }: AutoOptions,
): Taken => {
  const { index } = state;
  const unit = job.spec.input.kind === 'stdin' ? 'bytes' : 'lines';
  const meanBytes = job.succeeded === 0 ? null : job.inputBytesDone / job.succeeded;
  const stateAt = (from: Boundary): AutoState => ({
    bytes: index.end.offset - from.offset,
    lines: index.end.line - from.line,
    total: index.end.offset,
    finished: index.finished,
    slots: Math.max(1, job.spec.parallel ?? slots),
    wanted: Math.max(1, limit),
    meanMs,
    meanBytes,
  });
  const first = stateAt({ offset: job.nextOffset, line: job.nextLine });
  const scarce = isScarce(first, unit);
  if (scarce && first.lines > 0) {
    state.scarceSince ??= now;
    const againMs = state.scarceSince + SETTLE_MS - now;
    if (againMs > 0) return nothing(job, againMs);
  }
  state.scarceSince = null;
  const taken = takeBlocks(job, state, limit, (locator, from, number) => {
    const earlier = endOf?.(number, from.offset);
    if (earlier !== undefined && earlier > from.offset) {
      if (earlier <= index.end.offset) return boundaryAtOffset(locator, from, earlier);
      return index.finished ? index.end : null;
    }
    const left = scarce ? first : stateAt(from);
    if (!scarce && isScarce(left, unit)) return null;
    if (unit === 'bytes') {
      const target = from.offset + blockBytes(left);
      return target >= index.end.offset ? index.end : boundaryAtOffset(locator, from, target);
    }
    const lines = Math.min(blockLines(left), index.end.line - from.line);
    return takesArgs(job.spec)
      ? withinArgs(locator, from, lines)
      : boundaryAtLine(locator, from, from.line + lines);
  });
  // What is left is less than a block and was not asked about yet.
  const isLeft = !index.finished && taken.progress.nextOffset < index.end.offset;
  return { ...taken, againMs: isLeft ? SETTLE_MS : null };
};
