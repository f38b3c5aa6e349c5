import { PxError } from '../../protocol/errors.ts';

/** 131,071 bytes: Linux takes no argument over 128 KiB, its NUL counted (MAX_ARG_STRLEN). */
const LINE_MAX_BYTES = 131_071;

const HINT = 'Arguments cannot carry it; stdin can: --stdin-file';

/** Looks at the lines of an args file as they pass. */
export class LineChecker {
  readonly #separator: number;
  #lines = 0;
  #length = 0;

  constructor(separator: '\n' | '\0') {
    this.#separator = separator.charCodeAt(0);
  }

  /** Lines seen so far; a last one without its end counts. */
  get lines(): number {
    return this.#lines + (this.#length > 0 ? 1 : 0);
  }

  /**
   * Takes the next bytes, in order.
   *
   * @throws PxError `bad_input` with the number of the line that no argument can carry
   */
  push(bytes: Buffer): void {
    const nul = this.#separator === 0 ? -1 : bytes.indexOf(0);
    for (let from = 0; from < bytes.length; ) {
      const end = bytes.indexOf(this.#separator, from);
      const stop = end === -1 ? bytes.length : end;
      this.#length += stop - from;
      if (nul >= from && nul < stop) {
        throw new PxError('bad_input', `Line ${this.#lines + 1} of the input holds a NUL byte.`, {
          hint: `${HINT}. Names that end with NUL: -0`,
        });
      }
      if (this.#length > LINE_MAX_BYTES) {
        const message = `Line ${this.#lines + 1} of the input is longer than ${LINE_MAX_BYTES} bytes.`;
        throw new PxError('bad_input', message, { hint: HINT });
      }
      if (end === -1) return;
      this.#lines += 1;
      this.#length = 0;
      from = end + 1;
    }
  }
}
