import assert from 'node:assert/strict';
import type { Px, Running, StartOptions } from '../../helpers/px-process.ts';

/** The least that a fault test runs: so many lines, in so many partitions. */
const LINES = 100_000;
const BATCH = 100;
export const PARTITIONS = LINES / BATCH;

/** The numbers 1 … count, a line each. */
export const numbers = (count = LINES): string =>
  `${Array.from({ length: count }, (_, at) => at + 1).join('\n')}\n`;

/** Echoes every line with its partition and attempt; `before` is shell text that runs first. */
export const echoing = (before = ''): string =>
  `sh -c '${before === '' ? '' : `${before}; `}for x; do echo "$x $PX_PARTITION $PX_ATTEMPT"; done' sh`;

interface EchoOptions extends StartOptions {
  /** Shell text of each partition before its lines. */
  readonly before?: string;
  /** More words of the command line. */
  readonly args?: readonly string[];
  readonly lines?: number;
}

/** Starts the job that all fault tests look at. */
export const startEcho = (
  px: Px,
  { before, args = [], lines, ...options }: EchoOptions = {},
): Running => {
  px.write('lines.txt', numbers(lines));
  const words = ['run', echoing(before), '--args-file', 'lines.txt', '-n', String(BATCH), ...args];
  return px.start(words, options);
};

/**
 * The oracle: what was committed holds every line of the input once, and each partition's lines come
 * whole from one attempt.
 */
export const assertOnce = (stdout: Buffer, lines = LINES): void => {
  const seen = new Uint32Array(lines + 1);
  const attempts = new Map<string, string>();
  const text = stdout.toString('latin1').split('\n');
  assert.equal(text.pop(), '', 'the output ends with a whole line');
  for (const line of text) {
    const [number = '', partition = '', attempt = ''] = line.split(' ');
    assert.match(line, /^\d+ \d+ \d+$/);
    assert.equal(
      Math.floor((Number(number) - 1) / BATCH),
      Number(partition),
      `partition of ${line}`,
    );
    seen[Number(number)] = (seen[Number(number)] ?? 0) + 1;
    assert.equal(
      attempts.get(partition) ?? attempt,
      attempt,
      `one attempt in partition ${partition}`,
    );
    attempts.set(partition, attempt);
  }
  const missing = seen.findIndex((count, at) => at > 0 && count === 0);
  const twice = seen.findIndex((count) => count > 1);
  assert.equal(missing, -1, `line ${missing} is missing`);
  assert.equal(twice, -1, `line ${twice} came more than once`);
  assert.equal(text.length, lines);
};

/** Partitions whose output comes from a later attempt than the first. */
export const laterAttempts = (stdout: Buffer): number => {
  const later = new Set<string>();
  for (const line of stdout.toString('latin1').split('\n')) {
    const [, partition = '', attempt = ''] = line.split(' ');
    if (Number(attempt) > 1) later.add(partition);
  }
  return later.size;
};
