import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { PxError } from '../../protocol/errors.ts';
import type { Outcome } from '../../protocol/messages/jobs.ts';
import type { OutputFrame } from '../../protocol/messages/output.ts';
import { systemWords } from '../output/sink.ts';
import { visible } from '../output/visible.ts';
import { writeWhole } from '../output/write-whole.ts';

/** GNU parallel's columns, and the hash of command and input. */
export const JOBLOG_COLUMNS = [
  'Seq',
  'Host',
  'Starttime',
  'JobRuntime',
  'Send',
  'Receive',
  'Exitval',
  'Signal',
  'Command',
  'Hash',
] as const;

type Committed = Extract<OutputFrame, { t: 'committed' }>;

const SIGKILL = 9;

/** Exitval and Signal, as GNU parallel tells them apart. */
const exitAndSignal = (outcome: Outcome): readonly [number, number] => {
  switch (outcome.kind) {
    case 'exit':
      return [outcome.code, 0];
    case 'signal':
      return [0, outcome.signal];
    case 'oom':
      return [0, SIGKILL];
    case 'timeout':
      return [124, 0];
    default:
      return [125, 0];
  }
};

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/** One row of the joblog, with its newline. */
export const joblogRow = (frame: Committed, command: string): string => {
  const [exit, signal] = exitAndSignal(frame.outcome);
  const cells = [
    frame.partition,
    frame.node ?? '-',
    seconds(frame.startedAt ?? 0),
    seconds(frame.runtimeMs),
    frame.inputBytes,
    frame.outputBytes,
    exit,
    signal,
    visible(command),
    frame.hash ?? '-',
  ];
  return `${cells.join('\t')}\n`;
};

const cannotWrite = (path: string, cause: unknown): PxError =>
  new PxError('bad_input', `The joblog ${path} cannot be written: ${wordsOf(cause)}.`, {
    hint: 'Name a file in a folder that exists and is yours: --joblog run.log',
    cause,
  });

const wordsOf = (cause: unknown): string =>
  cause instanceof Error ? systemWords(cause) : String(cause);

/**
 * Finds out before a job is submitted whether its joblog can be written. What is there stays.
 *
 * @throws PxError `bad_input`
 */
export const tryJoblog = (path: string): void => {
  try {
    closeSync(openSync(path, 'a', 0o666));
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
};

const NEWLINE = 0x0a;

/** What a file lacks before rows can follow: its head, or the end of a row that a full disk cut off. */
const startOf = (path: string, size: number): string => {
  if (size === 0) return `${JOBLOG_COLUMNS.join('\t')}\n`;
  const fd = openSync(path, 'r');
  try {
    const last = Buffer.alloc(1);
    readSync(fd, last, 0, 1, size - 1);
    return last[0] === NEWLINE ? '' : '\n';
  } finally {
    closeSync(fd);
  }
};

/** A joblog that grows as partitions become final. */
export class Joblog {
  /** False for a pipe or a device, which nothing can be kept beside. */
  readonly isFile: boolean;
  readonly #path: string;
  readonly #command: string;
  #fd: number | null;
  #text: string;
  /** Why it ends before its end, in the words of the system. */
  #lost: string | null = null;
  #told = false;

  /**
   * @param keep appends to what is there (`--resume`); else the file begins anew
   * @throws PxError `bad_input` where it cannot be written
   */
  constructor(path: string, command: string, keep: boolean) {
    this.#path = path;
    this.#command = command;
    try {
      this.#fd = openSync(path, keep ? 'a' : 'w', 0o666);
      const stat = fstatSync(this.#fd);
      this.isFile = stat.isFile();
      this.#text = startOf(path, stat.size);
    } catch (cause) {
      throw cannotWrite(path, cause);
    }
  }

  get isComplete(): boolean {
    return this.#lost === null;
  }

  add(frame: Committed): void {
    const { outcome, startedAt } = frame;
    // What was done before has its row from then; what never ran has none.
    const ran = outcome.kind !== 'resumed' && (outcome.kind !== 'canceled' || startedAt !== null);
    if (ran) this.#text += joblogRow(frame, this.#command);
  }

  /** Writes what was added. Returns what to say, once, where it cannot be written: the run goes on. */
  flush(): string | null {
    const text = this.#text;
    this.#text = '';
    this.attempt((fd) => writeWhole(fd, Buffer.from(text)));
    if (this.#lost === null || this.#told) return null;
    this.#told = true;
    return `The joblog ${this.#path} cannot be written: ${this.#lost}. The job goes on.`;
  }

  /** Does what belongs to the log; once something failed, nothing more is written. */
  attempt(work: (fd: number) => void): void {
    if (this.#fd === null || this.#lost !== null) return;
    try {
      work(this.#fd);
    } catch (cause) {
      this.#lost = wordsOf(cause);
    }
  }

  close(): void {
    this.flush();
    const fd = this.#fd;
    this.#fd = null;
    if (fd === null) return;
    try {
      closeSync(fd);
    } catch (cause) {
      // Some file systems tell only now that their disk is full.
      this.#lost ??= wordsOf(cause);
    }
  }
}
