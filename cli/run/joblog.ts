import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import { PxError } from '../../protocol/errors.ts';
import type { Outcome } from '../../protocol/messages/jobs.ts';
import type { OutputFrame } from '../../protocol/messages/output.ts';
import { visible } from '../output/visible.ts';

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

/** A joblog that grows as partitions become final. */
export class Joblog {
  readonly #fd: number;
  readonly #command: string;
  #rows: string[] = [];

  /**
   * @param keep appends to what is there (`--resume`); else the file begins anew
   * @throws PxError `bad_input` where it cannot be written
   */
  constructor(path: string, command: string, keep: boolean) {
    this.#command = command;
    try {
      this.#fd = openSync(path, keep ? 'a' : 'w', 0o666);
    } catch (cause) {
      throw new PxError('bad_input', `The joblog ${path} cannot be written.`, {
        hint: 'Name a file in a folder that exists and is yours: --joblog run.log',
        cause,
      });
    }
    if (fstatSync(this.#fd).size === 0) this.#rows.push(`${JOBLOG_COLUMNS.join('\t')}\n`);
    this.flush();
  }

  add(frame: Committed): void {
    // What was done before has its row from then.
    if (frame.outcome.kind !== 'resumed') this.#rows.push(joblogRow(frame, this.#command));
  }

  flush(): void {
    if (this.#rows.length === 0) return;
    writeSync(this.#fd, this.#rows.join(''));
    this.#rows = [];
  }

  close(): void {
    this.flush();
    closeSync(this.#fd);
  }
}
