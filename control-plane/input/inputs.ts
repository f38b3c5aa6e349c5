import type { InputSeal, InputStatus } from '../../protocol/messages/jobs.ts';
import type { jobs } from '../db/schema.ts';

export type JobRow = typeof jobs.$inferSelect;

/** The share of the input that one partition gets. */
export interface Share {
  /** The job's `input` file, its dealt `cut` file, or no input at all. */
  source: 'none' | 'input' | 'cut';
  /** Byte range in that file. */
  offset: number;
  length: number;
  /** Number of the first line in the whole input, from 0. */
  firstLine: number;
  lines: number;
}

/** The columns of `jobs` of the same names. */
export interface CutProgress {
  nextPartition: number;
  nextOffset: number;
  nextLine: number;
  cutDone: boolean;
  /** Null while the number is unknown. */
  partitions: number | null;
  /** Lines of the input known so far. */
  lines: number;
}

export interface Taken {
  /** For partitions progress.nextPartition − shares.length …, in order. */
  shares: Share[];
  progress: CutProgress;
  /** Ask again after so many milliseconds though nothing changed (a slow producer); null = wait for a notice. */
  againMs: number | null;
}

/** How fast a job goes. */
export interface Pace {
  /** Slots of the whole cluster. */
  slots: number;
  /** Mean runtime of its attempts so far; null while unknown. */
  meanMs: number | null;
}

/** One append: at most 4 MiB. */
export interface Piece {
  offset: number;
  sha256: string;
  bytes: Uint8Array;
  /** The bytes stand in the file already, where its sender wrote them. */
  isWritten?: boolean;
}

/** A piece that stands in the file already. */
export interface WrittenPiece extends Pick<Piece, 'offset' | 'sha256'> {
  length: number;
}

/** What an input decides about its job; execution does it. */
export interface InputEffects {
  /** No new partitions; what was started ends; then the job fails with this problem. */
  fail(jobId: string, problem: { code: string; message: string }): void;
  /** The job may be over: an input without lines has no partitions (`cutDone` is committed). */
  settle(jobId: string): void;
}

/** The input of jobs: durable bytes, their cut into shares, and the bytes of a share. */
export interface Inputs {
  /**
   * Up to `limit` next shares of the job. Synchronous, so that it can run inside the claiming
   * transaction; changes nothing itself: the caller stores `progress`.
   *
   * @param pace for the size of `auto` blocks
   */
  take(job: JobRow, limit: number, pace: Pace): Taken;
  /**
   * Fails the job and throws `input_damaged` where the share is not there as it was acknowledged; so do
   * `read`, and `stream` while it is read. `take` only throws it: it may run in a transaction.
   */
  check(jobId: string, share: Share): Promise<void>;
  /** The bytes of a share; the caller has looked at its length. */
  read(jobId: string, share: Share): Promise<Uint8Array>;
  /** The file of a share, or of the whole input, relative to the control plane's folder. */
  fileOf(jobId: string, source: 'input' | 'cut'): string;
  /** Shows `take` all bytes of a share, piece by piece; a piece is valid until that returns. */
  passOver(jobId: string, share: Share, take: (bytes: Uint8Array) => void): Promise<void>;
  /** The bytes of a share, pulled. */
  stream(jobId: string, share: Share): ReadableStream<Uint8Array>;
  /**
   * Makes bytes durable, then answers. The same bytes at the same place again are acknowledged again.
   * Throws `hash_mismatch`, `offset_mismatch` (details: {expected}), `input_sealed`, `disk_full`,
   * `bad_input`, `args_too_long`.
   */
  append(jobId: string, piece: Piece): Promise<InputStatus>;
  /** The same of what its sender wrote into the file itself. Throws `bad_request` where it is not there. */
  appendWritten(jobId: string, piece: WrittenPiece): Promise<InputStatus>;
  /** Ends the input; the same seal again is acknowledged again. Throws as `append` does. */
  seal(jobId: string, seal: InputSeal): Promise<InputStatus>;
  /** The sender is alive. */
  heartbeat(jobId: string): InputStatus;
  /** Milliseconds since the sender's last sign; a full term begins with the first question. */
  silentMs(jobId: string): number;
  /** Begins the work that a restart left undone (static cuts, empty inputs), forgets what is over. */
  tend(): void;
  /** Deletes what is stored of the job. */
  remove(jobId: string): Promise<void>;
}
