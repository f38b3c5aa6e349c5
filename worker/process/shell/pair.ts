import { closeSync, constants, openSync, readSync, unlinkSync } from 'node:fs';
import { concat, utf8 } from '../../../protocol/bytes.ts';
import { shellQuote } from '../../../protocol/quote.ts';
import { type Draining, drain, type Sink } from '../drain.ts';
import type { Fifos, NamedFifo } from '../fifos.ts';

const quote = (path: string): Uint8Array => shellQuote(utf8(path));

/** 64 KiB, as much as a FIFO holds. */
const SPACE = Buffer.allocUnsafeSlow(64 << 10);

/** Twice what a FIFO holds: who writes more behind the end of an invocation goes on writing. */
const READS_MAX = 4;

/** Reads what is there. Returns true where no writer is left, false where one still holds it. */
const readToEnd = (fd: number, sink: Sink): boolean => {
  try {
    for (let reads = 0; reads < READS_MAX; reads += 1) {
      const length = readSync(fd, SPACE);
      if (length === 0) return true;
      sink.write(SPACE.subarray(0, length));
    }
    return false;
  } catch {
    // EAGAIN. Any other error comes again where the FIFO is read on.
    return false;
  }
};

/** stdout and stderr of the invocations of one shell, one after the other. */
export class Pair {
  readonly #out: NamedFifo;
  readonly #err: NamedFifo;
  /** ` >OUT 2>ERR`, as a shell reads it. */
  readonly redirections: Uint8Array;
  #isOpen = true;
  /** Writing ends that the worker holds itself. */
  #kept: number[] = [];

  constructor(out: NamedFifo, err: NamedFifo) {
    this.#out = out;
    this.#err = err;
    this.redirections = concat([utf8(' >'), quote(out.path), utf8(' 2>'), quote(err.path)]);
  }

  static async open(fifos: Fifos): Promise<Pair> {
    return new Pair(await fifos.openNamed(), await fifos.openNamed());
  }

  get #paths(): [string, string] {
    return [this.#out.path, this.#err.path];
  }

  /** Whether the next invocation can use it. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * Reads what an invocation that has ended has written. Returns whether that is all: a FIFO without
   * a writer gives an end, so that no byte of a later invocation can be taken for this one's.
   */
  finish(stdout: Sink, stderr: Sink): boolean {
    const isOutOver = readToEnd(this.#out.fd, stdout);
    const isErrOver = readToEnd(this.#err.fd, stderr);
    return isOutOver && isErrOver;
  }

  /**
   * Reads on as the bytes come, to the end of the last writer behind `release`: the invocation may
   * not have opened them yet. No other one can use it.
   */
  drain(stdout: Sink, stderr: Sink): Draining[] {
    this.#isOpen = false;
    this.#kept = this.#paths.map((path) =>
      openSync(path, constants.O_WRONLY | constants.O_NONBLOCK),
    );
    return [drain(this.#out.fd, stdout), drain(this.#err.fd, stderr)];
  }

  /** The invocation has ended. */
  release(): void {
    for (const fd of this.#kept) closeSync(fd);
    this.#kept = [];
    for (const path of this.#paths) unlinkSync(path);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.release();
    closeSync(this.#err.fd);
    closeSync(this.#out.fd);
  }
}
