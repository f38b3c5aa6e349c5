/**
 * Memory for pieces of the input, used again: a fresh one for each is left to the collector, which costs
 * more than all else that is done with it.
 */
export class Spaces {
  readonly #bytes: number;
  readonly #free: ArrayBuffer[] = [];

  /** @param bytes the size of each */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  take(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#bytes).buffer);
  }

  /** Nobody looks at this piece any more. */
  giveBack({ buffer }: Uint8Array<ArrayBuffer>): void {
    this.#free.push(buffer);
  }
}
