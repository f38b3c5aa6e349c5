import type { PxError } from '../../protocol/errors.ts';
import type { Output } from '../output/output.ts';
import { isUnwritable } from '../output/sink.ts';
import { visibleBytes } from './visible-bytes.ts';

interface RenderOptions {
  output: Output;
  /** Each line starts with its partition's number and a tab. */
  tag: boolean;
  /** Told once where stdout or stderr takes nothing: what goes there is dropped from then on. Else it throws. */
  onUnwritable?: ((error: PxError) => void) | undefined;
}

type Stream = 1 | 2;

const NEWLINE = 0x0a;

/** Puts `prefix` before each line that begins in `bytes`. */
const prefixed = (bytes: Uint8Array, prefix: string, atLineStart: boolean): Uint8Array => {
  const mark = Buffer.from(prefix);
  const parts: Uint8Array[] = atLineStart ? [mark] : [];
  let from = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, from)) {
    parts.push(bytes.subarray(from, end + 1));
    from = end + 1;
    if (from < bytes.length) parts.push(mark);
  }
  parts.push(bytes.subarray(from));
  return Buffer.concat(parts);
};

/**
 * Writes the output of many partitions. Into a file or a pipe the bytes come through as they are;
 * on a terminal, and under tags, a line that has no end yet is ended before another partition
 * writes. Holds what it is given until `flush`.
 */
export class Renderer {
  readonly #options: RenderOptions;
  #pending: { stream: Stream; parts: Uint8Array[] }[] = [];
  /** Which partition's line is not ended, by screen: both streams may share one. */
  readonly #open = new Map<'screen' | Stream, number>();
  readonly #lost = new Set<Stream>();
  #bar = '';
  #barShown = false;

  constructor(options: RenderOptions) {
    this.#options = options;
  }

  #isTty(stream: Stream): boolean {
    const { output } = this.#options;
    return stream === 1 ? output.stdoutTty : output.stderrTty;
  }

  /** Adds bytes of a partition. */
  chunk(partition: number, stream: Stream, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const { tag } = this.#options;
    const tty = this.#isTty(stream);
    if (!tag && !tty) {
      this.#add(stream, bytes);
      return;
    }
    const screen = tty ? 'screen' : stream;
    const open = this.#open.get(screen);
    if (open !== undefined && open !== partition) this.#add(stream, Uint8Array.of(NEWLINE));
    const shown = tag && tty ? visibleBytes(bytes) : bytes;
    this.#add(stream, tag ? prefixed(shown, `${partition}\t`, open !== partition) : shown);
    if (bytes.at(-1) === NEWLINE) this.#open.delete(screen);
    else this.#open.set(screen, partition);
  }

  /** Adds bytes for stdout that are px's own data, not a program's. */
  raw(bytes: Uint8Array): void {
    this.#add(1, bytes);
  }

  #add(stream: Stream, bytes: Uint8Array): void {
    const last = this.#pending.at(-1);
    if (last?.stream === stream) last.parts.push(bytes);
    else this.#pending.push({ stream, parts: [bytes] });
  }

  /** Writes all that is held; rejects where the reader went away. */
  async flush(): Promise<void> {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    if (pending.some(({ stream }) => this.#isTty(stream))) await this.#eraseBar();
    for (const { stream, parts } of pending) {
      const [only] = parts;
      const bytes = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
      await this.#write(stream, bytes);
    }
    await this.#drawBar();
  }

  /** Runs something that prints px's own words, on a line of their own. */
  async words(print: () => void): Promise<void> {
    await this.flush();
    await this.#eraseBar();
    await this.#endLine();
    print();
    await this.#drawBar();
  }

  /** Shows a line that stays at the bottom of a terminal; empty takes it away. */
  async bar(text: string): Promise<void> {
    await this.#eraseBar();
    this.#bar = text;
    await this.#drawBar();
  }

  #write(stream: Stream, bytes: Uint8Array): Promise<void> {
    return this.#try(stream, () => this.#options.output.write(stream, bytes));
  }

  async #try(stream: Stream, work: () => Promise<void>): Promise<void> {
    if (this.#lost.has(stream)) return;
    const { onUnwritable } = this.#options;
    try {
      await work();
    } catch (error) {
      if (onUnwritable === undefined || !isUnwritable(error)) throw error;
      this.#lost.add(stream);
      await this.#eraseBar();
      onUnwritable(error);
    }
  }

  async #endLine(): Promise<void> {
    if (!this.#open.delete('screen')) return;
    await this.#write(this.#options.output.stdoutTty ? 1 : 2, Uint8Array.of(NEWLINE));
  }

  async #eraseBar(): Promise<void> {
    if (!this.#barShown) return;
    this.#barShown = false;
    await this.#try(2, () => this.#options.output.bar(''));
  }

  async #drawBar(): Promise<void> {
    const { output } = this.#options;
    // A line without its end is somebody's prompt: the bar would write over it.
    if (this.#bar === '' || this.#barShown || this.#open.has('screen') || !output.stderrTty) return;
    this.#barShown = true;
    await this.#try(2, () => output.bar(this.#bar));
  }
}
