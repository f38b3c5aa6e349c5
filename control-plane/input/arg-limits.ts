import { PxError } from '../../protocol/errors.ts';
import type { JobSpec } from '../../protocol/messages/jobs.ts';

/** 128 KiB less the NUL: Linux's MAX_ARG_STRLEN, for one argument. */
const ARG_MAX_BYTES = 131_071;

/** Linux counts a pointer and a NUL for each argument; the separator that stands in the input is no NUL. */
const ARG_OVERHEAD_BYTES = 9;

/**
 * 1.5 MiB for the arguments of one process: Linux allows 2 MiB with the default stack limit, and the
 * environment shares it (at most ENV_MAX_BYTES, checked at submit).
 */
export const ARGS_MAX_BYTES = 1_572_864;

/** 400 KiB for the environment of a job with arguments, which leaves the rest of 2 MiB to px. */
export const ENV_MAX_BYTES = 400 << 10;

const USE_STDIN = 'Give it on stdin instead: --stdin-file';
const USE_OTHER_CUT = 'Cut it smaller: --partitions auto, or -n with fewer lines';

/** Whether the lines of this job become arguments of one process. */
export const takesArgs = (spec: JobSpec): boolean =>
  (spec.input.kind === 'args' || spec.input.kind === 'files') && spec.input.template === null;

/** What `count` lines of `bytes` bytes in all, separators included, cost as arguments. */
export const argsCost = (bytes: number, count: number): number =>
  bytes + count * ARG_OVERHEAD_BYTES;

/** The refusal of a partition whose arguments pass ARG_MAX. */
export const argsTooLong = (partition: number, cost: number): PxError =>
  new PxError(
    'args_too_long',
    `Partition ${partition} would get ${cost} bytes of arguments or more; a process takes at most ${ARGS_MAX_BYTES}.`,
    { hint: USE_OTHER_CUT },
  );

const lineTooLong = (line: number): PxError =>
  new PxError(
    'bad_input',
    `Line ${line + 1} is longer than ${ARG_MAX_BYTES} bytes, the most that one argument may have.`,
    { hint: USE_STDIN },
  );

/** Looks at every line that becomes an argument; lines are counted from 0, shown from 1. */
export class ArgLimits {
  readonly #separator: number;
  readonly #batch: number | null;
  #batchBytes = 0;

  /** @param batch lines of a partition whose arguments go to one process; null where none is fixed */
  constructor(separator: number, batch: number | null) {
    this.#separator = separator;
    this.#batch = batch;
  }

  /** One whole line of `length` bytes without its separator. */
  line(length: number, line: number): void {
    if (length > ARG_MAX_BYTES) throw lineTooLong(line);
    if (this.#batch === null) return;
    this.#batchBytes += argsCost(length + 1, 1);
    if (this.#batchBytes > ARGS_MAX_BYTES) {
      throw argsTooLong(Math.floor(line / this.#batch), this.#batchBytes);
    }
    if ((line + 1) % this.#batch === 0) this.#batchBytes = 0;
  }

  /** So many bytes of a line whose end has not come. */
  unfinished(length: number, line: number): void {
    if (length > ARG_MAX_BYTES) throw lineTooLong(line);
  }

  /** @param line lines before these bytes */
  refuseNul(bytes: Uint8Array, line: number): void {
    if (this.#separator === 0) return;
    const nul = bytes.indexOf(0);
    if (nul === -1) return;
    let number = line + 1;
    for (let at = 0; at < nul; at++) if (bytes[at] === this.#separator) number += 1;
    throw new PxError('bad_input', `Line ${number} holds a NUL byte; no argument can.`, {
      hint: `${USE_STDIN}, or -0 where NUL separates the lines`,
    });
  }
}

/** The limits that this job's lines must keep; null where they go to stdin. */
export const limitsOf = (spec: JobSpec, separator: number): ArgLimits | null => {
  if (spec.input.kind !== 'args' && spec.input.kind !== 'files') return null;
  const batch = takesArgs(spec) && spec.cut.mode === 'batch' ? spec.cut.size : null;
  return new ArgLimits(separator, batch);
};

/** The byte that ends a line of this job's input. */
export const separatorOf = (spec: JobSpec): number =>
  spec.input.kind === 'files' || (spec.input.kind === 'args' && spec.input.separator === '\0')
    ? 0
    : 0x0a;
