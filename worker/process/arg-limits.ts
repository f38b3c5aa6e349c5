import type { Environment } from './environment.ts';
import { WORD_MAX_BYTES } from './invocation.ts';

/** 6 MiB: Linux takes at most three quarters of its default stack of 8 MiB, whatever the limit says. */
const TOTAL_CAP_BYTES = 6 << 20;
/** 128 KiB: the least that Linux takes. */
const TOTAL_FLOOR_BYTES = 128 << 10;
const POINTER_BYTES = 8;
/** 8 KiB: the auxiliary vector, the path of the program, and what else shares the space. */
const SPARE_BYTES = 8 << 10;

/** Bytes that argv and environment of a process may have together, by its stack limit. */
export const argsMaxBytes = (stackBytes: number): number =>
  Math.max(TOTAL_FLOOR_BYTES, Math.min(TOTAL_CAP_BYTES, stackBytes / 4)) - SPARE_BYTES;

/** The soft stack limit in the text of /proc/self/limits; Infinity where there is none. */
export const stackLimit = (limits: string): number => {
  const soft = /^Max stack size\s+(\S+)/m.exec(limits)?.[1];
  return soft === undefined || soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
};

const SIZES = new WeakMap<object, { longest: number; total: number }>();

const add = (total: number, size: number): number => total + size + 1 + POINTER_BYTES;

/** What variables take; remembered, since those of a job are the same for all of its attempts. */
const sizeOf = (env: Readonly<Record<string, string>>): { longest: number; total: number } => {
  const known = SIZES.get(env);
  if (known !== undefined) return known;
  const sizes = Object.entries(env).map(
    ([key, value]) => Buffer.byteLength(key) + Buffer.byteLength(value) + 1,
  );
  const size = { longest: Math.max(0, ...sizes), total: sizes.reduce(add, 0) };
  SIZES.set(env, size);
  return size;
};

/** Why Linux would refuse to start a process with these words; null where it would not. */
export const argsProblem = (
  words: readonly Uint8Array[],
  { job, own }: Environment,
  maxBytes: number,
): string | null => {
  const longest = Math.max(sizeOf(job).longest, sizeOf(own).longest);
  if (longest >= WORD_MAX_BYTES) {
    return `An environment variable has ${longest} bytes; Linux takes at most ${WORD_MAX_BYTES - 1}.`;
  }
  const long = words.find((word) => word.length >= WORD_MAX_BYTES);
  if (long !== undefined) {
    return `An argument has ${long.length} bytes; Linux takes at most ${WORD_MAX_BYTES - 1}. Use --stdin-file.`;
  }
  const total =
    words.reduce((sum, word) => add(sum, word.length), 0) + sizeOf(job).total + sizeOf(own).total;
  if (total <= maxBytes) return null;
  return `Arguments and environment have ${total} bytes; Linux takes at most ${maxBytes} here. Use -n, or --stdin-file.`;
};
